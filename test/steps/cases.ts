/** A case or more for each kind of step: a machine on which it succeeds, what it promises, and ways in which that machine fails it. */
import type { Step } from '../../src/steps/index.ts';
import type { Case } from './case.ts';
import { bootCases } from './cases/boot.ts';
import { claimCases } from './cases/claim.ts';
import { convertedImageCases } from './cases/converted-image.ts';
import { copyCases } from './cases/copy.ts';
import { deltaCases } from './cases/delta.ts';
import { diskCases } from './cases/disk.ts';
import { fileSystemCases } from './cases/file-system.ts';
import { filesCases } from './cases/files.ts';
import { imageCases } from './cases/image.ts';
import { overlayCases } from './cases/overlay.ts';
import { sharedBootCases } from './cases/shared-boot.ts';
import { takeoverCases } from './cases/takeover.ts';
import { upgradeCases } from './cases/upgrade.ts';
import { writeImageCases } from './cases/write-image.ts';

export const cases: { readonly [K in Step['kind']]: Case } & Readonly<Record<string, Case>> = {
  ...diskCases,
  ...fileSystemCases,
  ...filesCases,
  ...copyCases,
  ...deltaCases,
  ...bootCases,
  ...sharedBootCases,
  ...claimCases,
  ...takeoverCases,
  ...imageCases,
  ...writeImageCases,
  ...convertedImageCases,
  ...upgradeCases,
  ...overlayCases,
};

/** The logo: there, and a picture. */
import { pngFault } from '../../../formats/png.ts';
import { packFiles } from '../pack-content.ts';
import type { PackRule } from '../pack-view.ts';

export const logoRules: PackRule = ({ content }, report) => {
  const { logo } = packFiles;
  if (content.entries.get(logo)?.type !== 'file') {
    report('error', logo, undefined, 'is missing; every pack has one: `opsctl pack init` makes a plain one');
    return;
  }
  const bytes = content.contents.get(logo);
  if (bytes === undefined) return;
  const fault = pngFault(bytes);
  if (fault !== undefined) report('error', logo, undefined, `is not a picture in PNG: ${fault}`);
};

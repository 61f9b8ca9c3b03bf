/** Every parser of bytes that somebody else wrote, by its name. */
import { cloudParsers } from './clouds.ts';
import { connectionParsers } from './connections.ts';
import { diskParsers } from './disks.ts';
import { imageParsers } from './images.ts';
import { machineParsers } from './machines.ts';
import { menuParsers } from './menus.ts';
import { packageParsers } from './packages.ts';
import type { Parser } from './parser.ts';
import { programParsers } from './programs.ts';
import { registryParsers } from './registries.ts';
import { servingParsers } from './serving.ts';
import { textParsers } from './texts.ts';

export type { Parser } from './parser.ts';

export const parsers: Readonly<Record<string, Parser>> = {
  ...textParsers,
  ...menuParsers,
  ...imageParsers,
  ...diskParsers,
  ...programParsers,
  ...servingParsers,
  ...connectionParsers,
  ...registryParsers,
  ...machineParsers,
  ...cloudParsers,
  ...packageParsers,
};

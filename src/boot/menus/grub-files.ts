/**
 * The files of grub/ as they are. Read from the checkout; the bundle has this module with their texts inside instead
 * (scripts/bundle/grub-texts.ts). So it is the one place of the core that reads a file by itself: one of the project, as an
 * import would.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The names in grub/, without `.cfg`. */
export const grubFiles = [
  ...(['terminals', 'medium', 'medium-entry', 'esp-stub', 'disk', 'disk-entry'] as const),
  ...(['old-system-entry', 'search-core', 'iso-core', 'esp-redirect', 'state-stub'] as const),
  ...(['takeover-menu', 'takeover-addition', 'replace-addition', 'network', 'image-menu'] as const),
  ...(['trial', 'try-current', 'try-previous', 'try-rescue'] as const),
];
export type GrubFile = (typeof grubFiles)[number];

const folder = join(import.meta.dirname, '../../../grub');

export const grubFile = (name: GrubFile): string => readFileSync(join(folder, `${name}.cfg`), 'utf8');

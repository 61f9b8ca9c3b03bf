/** How an image is packed: known by its first bytes, whatever its name says. */
import { xzMagic } from '../../formats/compression/xz-size.ts';
import { hasAt } from '../../formats/disk-images/containers.ts';

export const packings = ['none', 'gz', 'xz', 'zst'] as const;
export type Packing = (typeof packings)[number];

/** RFC 1952 section 2.3.1; The .xz File Format section 2.1.1.1; RFC 8878 sections 3.1.1 and 3.1.2. */
export function packingOf(head: Uint8Array): Packing {
  if (hasAt(head, 0, [0x1f, 0x8b, 0x08])) return 'gz';
  if (hasAt(head, 0, xzMagic)) return 'xz';
  const isSkippable = ((head[0] ?? 0) & 0xf0) === 0x50 && hasAt(head, 1, [0x2a, 0x4d, 0x18]);
  return isSkippable || hasAt(head, 0, [0x28, 0xb5, 0x2f, 0xfd]) ? 'zst' : 'none';
}

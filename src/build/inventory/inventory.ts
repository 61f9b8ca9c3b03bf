/**
 * What is in an image, as data: `/usr/share/bhojpur/packages.json`. The SBOM, the table and the comparison with the
 * archive are made of it.
 */
import { z } from 'zod';
import { architectureNames } from '../../architectures.ts';
import { refused } from '../../errors.ts';

/** In the root file system of an image. */
export const inventoryFolder = 'usr/share/bhojpur';
export const inventoryPath = `${inventoryFolder}/packages.json`;

const digest = z.string().regex(/^[0-9a-f]{64}$/);
/** An SPDX expression; null where none is known for sure. */
const licence = z.string().nullable();

export const inventorySchema = z.object({
  v: z.literal(1),
  os: z.string(),
  arch: z.enum(architectureNames),
  /** Seconds since 1970: of the package lock, as all timestamps of the image. */
  date: z.number().int().positive(),
  /** Debian's: in the root file system, the kernel, or what boots and checks (GRUB, shim, busybox, e2fsck). */
  packages: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      arch: z.string(),
      source: z.string(),
      sourceVersion: z.string(),
      part: z.enum(['os', 'kernel', 'boot']),
      licence,
      /** Of the .deb file. */
      sha256: digest.nullable(),
    }),
  ),
  /** What runs opsctl, and what its bundle holds. */
  opsctl: z.object({
    version: z.string(),
    node: z.string(),
    npm: z.array(z.object({ name: z.string(), version: z.string(), licence })),
  }),
  /** Firmware that the builder gave; the digest is of all its files. */
  firmware: z.object({ sha256: digest }).nullable(),
});
export type Inventory = z.infer<typeof inventorySchema>;
export type InventoryPackage = Inventory['packages'][number];

export const renderInventory = (inventory: Inventory) => `${JSON.stringify(inventory, null, 1)}\n`;

/** Throws OpsError `inventory-invalid` (refused) that names `where`. */
export function parseInventory(text: string, where: string): Inventory {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {}
  const parsed = inventorySchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw refused('inventory-invalid', `${where} is not a package list that this opsctl understands`, {
    details: parsed.error.issues.slice(0, 5).map(({ path, message }) => `${path.join('.')}: ${message}`),
    hint: 'Use an image and an opsctl of the same version.',
  });
}

/** The npm packages of a bundle, from its licence texts: sections that begin `NAME VERSION (LICENCE)`. */
export function bundledPackages(texts: string): Inventory['opsctl']['npm'] {
  return texts.split(/\n-{80}\n\n/).flatMap((section) => {
    const [, name, version, said] = /^(\S+) (\S+) \((.*)\)\n/.exec(section) ?? [];
    return name && version ? [{ name, version, licence: said || null }] : [];
  });
}

/** `/bos/system/manifest.json`: what a medium or an installation holds, with size and digest of every file. */
import { z } from 'zod';
import { architectureNames } from '../architectures.ts';
import { boardKernel } from '../boot/deployment.ts';
import { refused } from '../errors.ts';

export const manifestPath = 'bos/system/manifest.json';

/** Relative, no `..`, no empty part: such a path cannot leave the folder it is joined to. */
const safePath = z
  .string()
  .max(1024)
  .regex(/^[A-Za-z0-9_+.~-]+(\/[A-Za-z0-9_+.~-]+)*$/)
  .refine((path) => !path.split('/').some((part) => part === '.' || part === '..'), 'has a . or .. part');

const version = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_+.~-]*$/);

export const manifestSchema = z.strictObject({
  v: z.literal(1),
  arch: z.enum(architectureNames),
  /** The deployment: names of the folders under bos/system/{kernel,os,dcp}. */
  kernel: version,
  os: version,
  dcp: version.nullable(),
  files: z.array(
    z.strictObject({
      /** Relative to the root of the medium: `bos/system/kernel/6.1.0-40-amd64/vmlinuz`. */
      path: safePath,
      /** Bytes. */
      size: z.number().int().nonnegative(),
      /** Lower-case hex. */
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
});

export type Manifest = z.infer<typeof manifestSchema>;
export type ManifestFile = Manifest['files'][number];

/** Parses a manifest's text; throws OpsError `manifest-invalid` (refused) that names `where`. */
export function parseManifest(text: string, where: string): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refused('manifest-invalid', `${where} is not JSON`, {
      cause,
      hint: 'The medium is damaged: write it again.',
    });
  }
  const parsed = manifestSchema.safeParse(value);
  if (!parsed.success) {
    throw refused('manifest-invalid', `${where} is not a manifest that this opsctl understands`, {
      details: firstOf(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)),
      hint: 'Use a medium and an opsctl of the same version.',
    });
  }
  return parsed.data;
}

/**
 * Throws `manifest-incomplete` (refused) unless the files of the manifest are a system: all that a deployment is
 * started from, and nothing that would come to lie elsewhere or in the way of another.
 */
export function requireWhole(manifest: Manifest, where: string): void {
  const { kernel, os, dcp, files } = manifest;
  const paths = new Set(files.map(({ path }) => path));
  const folders = new Set(files.flatMap(({ path }) => foldersOf(path)));
  const needed = [
    // Of a board's kernel there is nothing; what needs one refuses it elsewhere.
    ...(kernel === boardKernel ? [] : ['vmlinuz', 'initrd', 'kernel.squashfs']).map(
      (name) => `bos/system/kernel/${kernel}/${name}`,
    ),
    `bos/system/os/${os}/rootfs.squashfs`,
    ...(dcp === null ? [] : [`bos/system/dcp/${dcp}/dcp`]),
  ];
  const faults = [
    ...needed.filter((path) => !paths.has(path)).map((path) => `${path} is not in it`),
    ...files
      .filter(({ path }) => !/^bos\/system\/(kernel|os|dcp)\/(?!current\/|previous\/)[^/]+\/./.test(path))
      .map(({ path }) => `${path} does not belong to a kernel, an os or a dcp`),
    ...files.filter(({ path }) => folders.has(path)).map(({ path }) => `${path} is a file and a folder`),
    ...(paths.size < files.length ? ['a file is listed twice'] : []),
  ];
  if (faults.length === 0) return;
  throw refused('manifest-incomplete', `${where} does not describe a system that can be installed`, {
    details: firstOf(faults),
    hint: 'The medium was not made by this project, or is damaged.',
  });
}

/** Every folder that a file lies in; all of its path, and so its depth, is short. */
const foldersOf = (path: string): string[] =>
  [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index));

/** Nobody reads more, and a damaged file can have tens of thousands. */
const listedFaults = 20;

const firstOf = (faults: readonly string[]): string[] =>
  faults.length <= listedFaults
    ? [...faults]
    : [...faults.slice(0, listedFaults), `and ${faults.length - listedFaults} more`];

/** Bytes that files take on a file system with blocks of 4 KiB, which every state has. */
export const installedSize = (files: readonly Pick<ManifestFile, 'size'>[]): number =>
  files.reduce((sum, { size }) => sum + Math.ceil(size / 4096) * 4096, 0);

/** The text of a manifest: two-space JSON with files in path order, the same bytes for the same content. */
export function renderManifest(manifest: Manifest): string {
  const files = manifest.files.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return `${JSON.stringify({ ...manifest, files }, null, 2)}\n`;
}

/** Which packages are wanted (os/packages.json) and which exactly they are (the lock), as data. */
import { z } from 'zod';
import { type ArchitectureName, architectureNames } from '../../architectures.ts';
import { refused, usage } from '../../errors.ts';

/** Debian Policy 5.6.7. */
const packageName = z.string().regex(/^[a-z0-9][a-z0-9+.-]+$/);

const packageLists = z.strictObject({
  /** Installed into the root file system, with what they depend on. */
  rootfs: z.array(packageName),
  /** Taken apart for the kernel and its modules. */
  kernel: z.array(packageName),
  /** Taken apart for boot loaders and static programs. */
  boot: z.array(packageName),
});
export type PackageLists = z.infer<typeof packageLists>;

/** os/packages.json: what every architecture has, and what one has beside that. */
const packageFile = packageLists.extend({ architectures: z.record(z.enum(architectureNames), packageLists) });

/** The lists for one architecture out of the text of os/packages.json, its own packages first. */
export function packageListsFor(text: string, arch: ArchitectureName): PackageLists {
  const { architectures, ...common } = packageFile.parse(JSON.parse(text));
  const own = architectures[arch];
  return {
    rootfs: [...common.rootfs, ...own.rootfs],
    kernel: [...own.kernel, ...common.kernel],
    boot: [...own.boot, ...common.boot],
  };
}

export const lockSchema = z.strictObject({
  v: z.literal(1),
  arch: z.enum(architectureNames),
  /** Seconds since 1970: the date of the newest index when the lock was made; every timestamp of the build. */
  date: z.number().int().positive().max(4_102_444_800),
  packages: z
    .array(
      z.strictObject({
        name: packageName,
        /** Debian Policy 5.6.12. */
        version: z.string().regex(/^[A-Za-z0-9.+:~-]+$/),
        /** File name of the package in the download folder. */
        file: z.string().regex(/^[a-z0-9][^/\s]*\.deb$/),
        sha256: z.string().regex(/^[0-9a-f]{64}$/),
      }),
    )
    .min(1),
});
export type PackageLock = z.infer<typeof lockSchema>;
export type LockedPackage = PackageLock['packages'][number];

/** Parses a lock; throws OpsError `lock-invalid` (usage) that names `where`. */
export function parseLock(text: string, where: string): PackageLock {
  const parsed = lockSchema.safeParse(safeJson(text));
  if (parsed.success) return parsed.data;
  const details =
    safeJson(text) === undefined
      ? [text.trim() === '' ? 'the file is empty' : 'the file is not JSON']
      : parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`);
  throw usage('lock-invalid', `${where} is not a package lock`, {
    details,
    hint: 'Use a packages-ARCH.lock.json that a build has written.',
  });
}

/** The text of a lock: packages by name, the same bytes for the same packages. */
export function renderLock(lock: PackageLock): string {
  const packages = lock.packages.toSorted((a, b) => compare(a.name, b.name) || compare(a.file, b.file));
  return `${JSON.stringify({ v: lock.v, arch: lock.arch, date: lock.date, packages }, null, 1)}\n`;
}

/** Throws OpsError `lock-mismatch` (usage) unless `lock` is for `arch` and has every package of the lists. */
export function checkLock(lock: PackageLock, lists: PackageLists, arch: string, where: string): void {
  if (lock.arch !== arch)
    throw usage('lock-mismatch', `${where} is for ${lock.arch}, but this build is for ${arch}`);
  const known = new Set(lock.packages.map((entry) => entry.name));
  const missing = [...lists.rootfs, ...lists.kernel, ...lists.boot].filter((name) => !known.has(name));
  if (missing.length === 0) return;
  throw usage('lock-mismatch', `${where} lacks packages listed in os/packages.json`, {
    details: missing,
    hint: 'The lock is from another version of the project. Build without --lock to make a new one.',
  });
}

/** Whether there is a kernel in it: the overlay for boards has none. */
export const hasKernel = (lists: PackageLists): boolean =>
  lists.kernel.some((name) => name.startsWith('linux-image-'));

/** The kernel's package: the one that linux-image-ARCH depends on. */
export function kernelPackage(lock: PackageLock): LockedPackage {
  const found = lock.packages.find((entry) => /^linux-image-\d/.test(entry.name));
  if (found !== undefined) return found;
  throw refused('packages-unavailable', 'The package lock does not name a kernel (linux-image-…)');
}

/** The package of exactly this name. */
export function lockedPackage(lock: PackageLock, name: string): LockedPackage {
  const found = lock.packages.find((entry) => entry.name === name);
  if (found !== undefined) return found;
  throw refused('packages-unavailable', `The package lock does not contain ${name}`);
}

/** The release of the kernel in a lock, as uname -r says it: `6.1.0-40-amd64`. */
export const kernelRelease = (lock: PackageLock) =>
  kernelPackage(lock)
    .name.replace(/^linux-image-/, '')
    .replace(/-unsigned$/, '');

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What today's archive has newer than an image: for its packages, what a build of now would take. */
import { compareVersions } from './debian-version.ts';
import type { Inventory } from './inventory.ts';

export interface ArchivePackage {
  readonly name: string;
  readonly version: string;
  /** In the words of apt: `Debian:12.15/oldstable, Debian-Security:12/oldstable-security`. */
  readonly origin: string;
}

export interface Update {
  readonly name: string;
  readonly installed: string;
  /** The name of the package to come; of a kernel it is another one. */
  readonly newName: string;
  readonly available: string;
  /** Offered by the security archive. */
  readonly security: boolean;
}

/** The kernel's name has its version in it: the one of today takes the place of the image's. */
const isKernel = (name: string) => /^linux-image-\d/.test(name);

export function updatesOf(
  { packages }: Pick<Inventory, 'packages'>,
  today: readonly ArchivePackage[],
): Update[] {
  const kernel = today.find(({ name }) => isKernel(name));
  const byName = new Map(today.map((one) => [one.name, one]));
  return packages.flatMap(({ name, version }) => {
    const found = isKernel(name) ? kernel : byName.get(name);
    if (found === undefined || compareVersions(found.version, version) <= 0) return [];
    const security = /Debian-Security/i.test(found.origin);
    return [{ name, installed: version, newName: found.name, available: found.version, security }];
  });
}

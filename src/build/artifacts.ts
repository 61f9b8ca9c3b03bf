/** What a build can publish, and which files belong to what a person asks for by name. */

import { nearest } from '../config/nearest.ts';
import { usage } from '../errors.ts';
import { type PackageLock, renderLock } from './packages/lock.ts';
import type { Stages } from './recipe.ts';
import type { Stage } from './stage.ts';

/** The names for `opsctl build`, each with what it is. */
export const artifactSets = {
  iso: 'the live and installer ISO',
  pxe: 'vmlinuz and an initrd that boots over the network with nothing else',
  kernel: 'the kernel with its modules, as a squashfs, and its version',
  rootfs: 'a tarball to unpack over the system of a board, which keeps its kernel',
  oci: 'the OCI image that nodes are upgraded from',
  opsctl: 'this program as one executable, and install.sh, which fetches it and installs from any Linux',
} as const;
export type ArtifactSet = keyof typeof artifactSets;

export interface Artifact {
  /** Its file name in the folder of the artifacts. */
  readonly name: string;
  readonly sets: readonly ArtifactSet[];
  /** Something to be run: mode 0755. */
  readonly executable?: boolean;
  readonly content: { readonly stage: Stage; readonly file: string } | { readonly text: string };
}

const everySet = Object.keys(artifactSets) as ArtifactSet[];
/** The OCI image is the same system once more, 200 MB of it: for those who have a registry. */
const setsByDefault = everySet.filter((set) => set !== 'oci');

/** Every artifact of an architecture. `release` is that of the kernel, where there is one; `installScript` is the text of install.sh. */
export function artifactTable(
  arch: string,
  stages: Stages,
  { lock, release }: { readonly lock: PackageLock; readonly release: string | undefined },
  installScript: string,
): Artifact[] {
  const lockFile: Artifact = {
    name: `packages-${arch}.lock.json`,
    sets: everySet,
    content: { text: renderLock(lock) },
  };
  const file = (name: string, sets: readonly ArtifactSet[], stage: Stage, path: string): Artifact => ({
    name,
    sets,
    content: { stage, file: path },
  });
  const rootfs = file(`bos-rootfs-${arch}.tar.gz`, ['rootfs'], stages.tarball, 'rootfs.tar.gz');
  if (stages.whole === undefined) return [rootfs, lockFile];
  const { kernel, medium, iso, pxe, executable, oci, palette } = stages.whole;
  return [
    file(`bos-${arch}.iso`, ['iso'], iso, 'bos.iso'),
    file(`bos-vmlinuz-${arch}`, ['pxe'], kernel, 'vmlinuz'),
    file(`bos-initrd-${arch}`, ['pxe'], pxe, 'initrd'),
    file(`bos-kernel-${arch}.squashfs`, ['kernel'], kernel, 'kernel.squashfs'),
    rootfs,
    ...(palette === undefined
      ? [file(`bos-oci-${arch}.tar`, ['oci'], oci, 'bos-oci.tar')]
      : [
          file(`bos-palette-${arch}.tar`, ['oci'], palette, 'bos-palette.tar'),
          file(`bos-palette-${arch}.json`, ['oci'], palette, 'image.json'),
        ]),
    file(`manifest-${arch}.json`, ['iso', 'pxe', 'oci'], medium, 'tree/bos/system/manifest.json'),
    { ...file(`opsctl-linux-${arch}`, ['opsctl'], executable, 'opsctl'), executable: true },
    { name: 'install.sh', sets: ['opsctl'], content: { text: installScript }, executable: true },
    {
      name: `bos-kernel-version-${arch}`,
      sets: ['kernel', 'pxe'],
      content: { text: `${release}\n` },
    },
    lockFile,
  ];
}

/** The files that are asked for by their own names too. */
const setsOfFiles: readonly (readonly [RegExp, ArtifactSet])[] = [
  [/^(opsctl-linux-[a-z0-9]+|install\.sh)$/, 'opsctl'],
];

/** The sets for the names that were typed; for none, all but the OCI image. Throws OpsError `artifact-unknown` (usage). */
export function chosenSets(typed: readonly string[]): readonly ArtifactSet[] {
  const names = typed.map((name) => setsOfFiles.find(([pattern]) => pattern.test(name))?.[1] ?? name);
  for (const name of names) {
    if (Object.hasOwn(artifactSets, name) || name === 'all') continue;
    const meant = nearest(name, everySet);
    throw usage('artifact-unknown', `Unknown artifact "${name}"`, {
      details: Object.entries(artifactSets).map(([set, what]) => `${set}: ${what}`),
      hint: meant === undefined ? 'Name one or more of these, or all.' : `Did you mean ${meant}?`,
    });
  }
  if (names.length === 0) return setsByDefault;
  if (names.includes('all')) return everySet;
  return everySet.filter((set) => names.includes(set));
}

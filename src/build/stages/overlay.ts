/** What is ours in the root file system: the tree os/overlay, opsctl on its Node, the boot loader's files. */
import { type ArchitectureName, architectures } from '../../architectures.ts';
import { sha256File } from '../../host/digest.ts';
import type { Host } from '../../host/ports.ts';
import { plainMode, walkTree } from '../tree.ts';
import { bootFiles } from './boot.ts';
import type { OverlayEntry } from './rootfs.ts';

export interface OverlayParts {
  readonly arch: ArchitectureName;
  /** os/overlay, absolute. */
  readonly tree: string;
  /** The CLI as one bundle, `….cjs`; its starter and its code cache lie beside it. */
  readonly bundle: string;
  readonly version: string;
  /** The system below is somebody's own and keeps its name. */
  readonly own: boolean;
}

/** Units that are started at boot, by the link that `systemctl enable` would make. */
const enabled = [
  'bos-addresses.service',
  'bos-announce.service',
  'bos-config.service',
  'bos-login.path',
  'bos-report.path',
  'bos-report.timer',
  'bos-resolv.path',
  'bos-resolv.service',
  'bos-takeover.service',
  'bos-patch-uncordon.service',
  'bos-trial.service',
  'bos-watch.path',
  'dcp.service',
];

/** The code cache beside a bundle, without which each start of opsctl takes longer. */
export const codeCacheOf = (bundle: string): string => bundle.replace(/\.cjs$/, '.cache');

/** What starts quicker than the bundle itself, and needs it beside it. */
export const starterOf = (bundle: string): string => bundle.replace(/\.cjs$/, '-start.cjs');

/** Of them the one that runs the phases of a boot. */
export const phasesStarterOf = (bundle: string): string => bundle.replace(/\.cjs$/, '-phases.cjs');

/** V8 takes no cache that a V8 of another architecture has made: that of this machine is of use to its own alone. */
export const hasCodeCache = ({ system }: Pick<Host, 'system'>, arch: ArchitectureName): boolean =>
  arch === system.arch;

/** The licence texts beside a bundle: of every library in it. */
export const licencesOf = (bundle: string): string => bundle.replace(/\.cjs$/, '.LICENSES.txt');

export async function overlayEntries(host: Host, parts: OverlayParts): Promise<OverlayEntry[]> {
  const entries: OverlayEntry[] = [];
  for (const { path, stat } of await walkTree(host.files, parts.tree)) {
    const from = `${parts.tree}/${path}`;
    if (stat.type === 'symlink') entries.push({ path, link: await host.files.readLink(from) });
    else if (stat.type === 'file') entries.push({ path, from, mode: plainMode(stat) });
  }
  entries.push({ path: 'usr/lib/bhojpur/opsctl.cjs', from: parts.bundle, mode: 0o644 });
  for (const [name, from] of [
    ['opsctl-start.cjs', starterOf(parts.bundle)],
    ['opsctl-phases.cjs', phasesStarterOf(parts.bundle)],
  ] as const)
    entries.push({ path: `usr/lib/bhojpur/${name}`, from, mode: 0o644 });
  if (hasCodeCache(host, parts.arch)) {
    const cache = codeCacheOf(parts.bundle);
    entries.push({ path: 'usr/lib/bhojpur/opsctl.cache', from: cache, mode: 0o644 });
  }
  entries.push({ path: 'usr/lib/bhojpur/node', from: { stage: 'node', file: 'node' }, mode: 0o755 });
  for (const name of bootFiles(architectures[parts.arch])) {
    const from = { stage: 'boot', file: `boot/${name}` } as const;
    entries.push({ path: `usr/lib/bhojpur/boot/${name}`, from, mode: 0o644 });
  }
  entries.push({ path: 'usr/bin/opsutl', link: 'opsctl' });
  for (const unit of enabled) {
    entries.push({
      path: `etc/systemd/system/multi-user.target.wants/${unit}`,
      link: `/usr/lib/systemd/system/${unit}`,
    });
  }
  // agetty of util-linux 2.38 reads no folder in /run.
  entries.push({ path: 'etc/issue.d', link: '../run/issue.d' });
  if (parts.own) return entries;
  entries.push({ path: 'etc/os-release', link: '../usr/lib/os-release' });
  entries.push({ path: 'usr/lib/os-release', text: osRelease(parts.version), mode: 0o644 });
  entries.push({ path: 'etc/issue', text: `Bhojpur OS ${parts.version} \\n \\l\n\n`, mode: 0o644 });
  return entries;
}

/** What a cache key needs to know of the entries; those of stages are known by the stages' keys. */
export async function overlayDigest(host: Host, entries: readonly OverlayEntry[]): Promise<unknown> {
  const seen: unknown[] = [];
  for (const entry of entries) {
    if ('from' in entry && typeof entry.from === 'string')
      seen.push([entry.path, entry.mode, await sha256File(host.files, entry.from)]);
    else seen.push(entry);
  }
  return seen;
}

/** os-release(5). */
const osRelease = (version: string) => `NAME="Bhojpur OS"
PRETTY_NAME="Bhojpur OS ${version}"
ID=bhojpur
ID_LIKE=debian
VERSION_ID=${version}
VERSION="${version}"
`;

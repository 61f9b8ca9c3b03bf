/** What is ours in the root file system: the tree os/overlay, opsctl on its Node, the boot loader's files. */
import { sha256File } from '../host/digest.ts';
import type { Host } from '../host/ports.ts';
import type { OverlayEntry } from './rootfs.ts';

export interface OverlayParts {
  /** os/overlay, absolute. */
  readonly tree: string;
  readonly bundle: string;
  readonly node: string;
  /** Folder with boot.img, core.img, shimx64.efi, grubx64.efi, mmx64.efi. */
  readonly boot: string;
  readonly version: string;
}

/** Units that are started at boot, by the link that `systemctl enable` would make. */
const enabled = ['bos-config.service', 'dcp.service'];

export async function overlayEntries(host: Host, parts: OverlayParts): Promise<OverlayEntry[]> {
  const entries: OverlayEntry[] = [];
  for (const path of await filesBelow(host, parts.tree)) {
    const mode = (await host.files.stat(`${parts.tree}/${path}`))?.mode ?? 0o644;
    entries.push({ path, from: `${parts.tree}/${path}`, mode: mode & 0o111 ? 0o755 : 0o644 });
  }
  entries.push({ path: 'usr/lib/bhojpur/opsctl.cjs', from: parts.bundle, mode: 0o644 });
  entries.push({ path: 'usr/lib/bhojpur/node', from: parts.node, mode: 0o755 });
  for (const name of await host.files.list(parts.boot)) {
    entries.push({ path: `usr/lib/bhojpur/boot/${name}`, from: `${parts.boot}/${name}`, mode: 0o644 });
  }
  entries.push({ path: 'usr/bin/opsutl', link: 'opsctl' });
  for (const unit of enabled) {
    entries.push({
      path: `etc/systemd/system/multi-user.target.wants/${unit}`,
      link: `/usr/lib/systemd/system/${unit}`,
    });
  }
  entries.push({ path: 'etc/os-release', link: '../usr/lib/os-release' });
  entries.push({ path: 'usr/lib/os-release', text: osRelease(parts.version), mode: 0o644 });
  entries.push({ path: 'etc/issue', text: `Bhojpur OS ${parts.version} \\n \\l\n\n`, mode: 0o644 });
  return entries;
}

/** What a cache key needs to know of the entries: paths, modes, and digests of contents. */
export async function overlayDigest(host: Host, entries: readonly OverlayEntry[]): Promise<unknown> {
  const seen: unknown[] = [];
  for (const entry of entries) {
    if ('from' in entry) seen.push([entry.path, entry.mode, await sha256File(host.files, entry.from)]);
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

/** Files below `root`, relative, in the order of their names. */
async function filesBelow(host: Host, root: string, below = ''): Promise<string[]> {
  const found: string[] = [];
  for (const name of await host.files.list(`${root}/${below}`)) {
    const path = below === '' ? name : `${below}/${name}`;
    if ((await host.files.stat(`${root}/${path}`))?.type === 'directory')
      found.push(...(await filesBelow(host, root, path)));
    else found.push(path);
  }
  return found;
}

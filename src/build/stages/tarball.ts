/**
 * The rootfs tarball: the user space, to be unpacked over the root of a board that keeps its boot loader, its kernel and
 * its modules. Files and links only: the entry of a folder would replace a link of the system it is unpacked over. What
 * a start needs first of all comes first, and /sbin/init last: until then the old system starts as ever, and however far
 * a tar was cut short after that, what runs then is on the disk before everything that it looks at.
 */
import { versions } from 'node:process';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { boardKernel } from '../../boot/deployment.ts';
import { sha256Of } from '../../host/digest.ts';
import type { Files, Host } from '../../host/ports.ts';
import { type Manifest, manifestPath, renderManifest } from '../../media/manifest.ts';
import { overlayFiles, overlayInit, overlayRoot } from '../../media/overlay.ts';
import { type ArchiveEntry, tarBytes, writeBytes } from '../archive.ts';
import type { DcpComponent } from '../components.ts';
import { listedFiles } from '../listed-files.ts';
import type { Stage } from '../stage.ts';
import type { BoardScripts } from './join-init.ts';

export interface TarballParts {
  readonly arch: Manifest['arch'];
  /** Of the OS. */
  readonly version: string;
  readonly dcp: DcpComponent | undefined;
  readonly scripts: BoardScripts;
  /** Seconds since 1970. */
  readonly date: number;
}

type Need = 'rootfs' | 'boot';

/** The content is compressed already. */
const level = 1;

/** Makes `rootfs.tar.gz` and `manifest.json`. */
export function tarballStage(
  { files }: Pick<Host, 'files'>,
  needs: Readonly<Record<Need, Stage>>,
  parts: TarballParts,
): Stage<Need> {
  const { arch, version, dcp, scripts, date } = parts;
  const top = `bos-rootfs-${arch}`;
  return {
    name: 'tarball',
    title: 'Write the rootfs tarball',
    inputs: {
      ...{ top, version, date, level, zlib: versions.zlib },
      scripts: sha256Of(`${scripts.init}\0${scripts.start}`),
      dcp: dcp && { version: dcp.version, sha256: dcp.sha256 },
    },
    needs,
    make: async ({ folder, from, percent, signal }) => {
      const tree = `${folder}/tree`;
      const system: [path: string, from: string, mode: number][] = [
        [`bos/system/os/${version}/rootfs.squashfs`, `${from.rootfs}/rootfs.squashfs`, 0o644],
      ];
      if (dcp) system.push([`bos/system/dcp/${dcp.version}/dcp`, dcp.file, 0o755]);
      const manifest = await layOut(files, tree, system, parts, signal);
      percent(30);
      const modes = new Map(system.map(([path, , mode]) => [path, mode]));
      const entries = overlayEntries({ ...parts, from, tree, modes }, manifest);
      const size = manifest.files.reduce((sum, file) => sum + file.size, 0);
      const packed = `${folder}/rootfs.tar.gz`;
      await pipeline(
        tarBytes(
          files,
          entries.map((entry) => below(top, entry)),
          date,
        ),
        createGzip({ level }),
        (pieces) =>
          writeBytes(files, packed, pieces, (done) =>
            percent(Math.min(99, 30 + (done / Math.max(1, size)) * 69)),
          ),
        { signal },
      );
      await files.chmod(packed, 0o644);
      await files.write(`${folder}/manifest.json`, renderManifest(manifest), { mode: 0o644 });
      await files.remove(tree);
    },
  };
}

/** Copies the system to where it goes; returns its manifest. */
async function layOut(
  files: Files,
  tree: string,
  system: readonly (readonly [path: string, from: string, mode: number])[],
  { arch, version, dcp }: TarballParts,
  signal: AbortSignal,
): Promise<Manifest> {
  const listed: Manifest['files'] = [];
  for (const [path, source] of system) {
    await files.makeDir(`${tree}/${path}`.replace(/\/[^/]*$/, ''));
    await files.copy(source, `${tree}/${path}`);
    listed.push(...(await listedFiles(files, tree, path, signal)));
  }
  return { v: 1, arch, kernel: boardKernel, os: version, dcp: dcp?.version ?? null, files: listed };
}

interface Laid extends TarballParts {
  readonly from: Readonly<Record<Need, string>>;
  readonly tree: string;
  readonly modes: ReadonlyMap<string, number>;
}

function overlayEntries(laid: Laid, manifest: Manifest): ArchiveEntry[] {
  const { from, tree, modes, scripts, version, dcp } = laid;
  const text = renderManifest(manifest);
  const path = (name: keyof typeof overlayFiles) => overlayFiles[name];
  return [
    { path: path('busybox'), mode: 0o755, file: `${from.boot}/static/busybox` },
    { path: path('init'), mode: 0o755, text: scripts.init },
    { path: path('start'), mode: 0o644, text: scripts.start },
    { path: path('e2fsck'), mode: 0o755, file: `${from.boot}/static/e2fsck` },
    // So that there is a folder to mount the new root on: a root that is read-only has no other.
    { path: `${overlayRoot}/.keep`, mode: 0o644, text: '' },
    ...manifest.files
      .toSorted((a, b) => (a.path < b.path ? -1 : 1))
      .map((file) => ({
        path: file.path,
        mode: modes.get(file.path) ?? 0o644,
        file: `${tree}/${file.path}`,
      })),
    { path: 'bos/system/os/current', link: version },
    ...(dcp === undefined ? [] : [{ path: 'bos/system/dcp/current', link: dcp.version }]),
    { path: manifestPath, mode: 0o644, text },
    { path: path('unpacked'), mode: 0o644, text: `${sha256Of(text)}\n` },
    { path: overlayInit, mode: 0o755, same: path('init') },
  ];
}

const below = (top: string, entry: ArchiveEntry): ArchiveEntry => ({
  ...entry,
  path: `${top}/${entry.path}`,
  ...('same' in entry ? { same: `${top}/${entry.same}` } : {}),
});

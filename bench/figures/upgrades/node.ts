/** Folders that are a node and a release to `opsctl upgrade`: the root of a node as a container sees it. */
import { dirname, join } from 'node:path';
import { renderBootEnvironment, stateEnvironmentPath } from '../../../src/boot/environment.ts';
import { statePath } from '../../../src/boot/installed-environment.ts';
import { bootRecordPath } from '../../../src/disk/probe/boot-record.ts';
import { encodeBlockIndex, indexPath } from '../../../src/formats/block-index.ts';
import { sha256File, sha256Of } from '../../../src/host/digest.ts';
import { blockIndexOf } from '../../../src/media/delta/index-of.ts';
import { type Manifest, manifestPath, renderManifest } from '../../../src/media/manifest.ts';
import type { Bench } from '../../bench.ts';

const uuid = '55555555-5555-4555-8555-555555555555';

/** Where the files of a system are on this machine. */
export interface SystemParts {
  readonly kernel: string;
  readonly os: string;
  /** By name: vmlinuz, initrd, kernel.squashfs, rootfs.squashfs. */
  readonly files: Readonly<Record<string, string>>;
  /** Beside each squashfs lies the index of its blocks. */
  readonly indexed: boolean;
}

/** A tree `bos/system` below `folder`, of links to the files. */
export async function makeSystem(bench: Bench, folder: string, parts: SystemParts): Promise<Manifest> {
  const { files, processes } = bench.host;
  const listed: Manifest['files'] = [];
  const list = async (path: string) => {
    const sha256 = await sha256File(files, join(folder, path));
    listed.push({ path, size: (await files.stat(join(folder, path)))?.size ?? 0, sha256 });
  };
  for (const [name, from] of Object.entries(parts.files)) {
    const version = name === 'rootfs.squashfs' ? `os/${parts.os}` : `kernel/${parts.kernel}`;
    const path = `bos/system/${version}/${name}`;
    await files.makeDir(join(folder, dirname(path)));
    await processes.run('cp', ['--link', from, join(folder, path)]);
    await list(path);
    if (!parts.indexed || !name.endsWith('.squashfs')) continue;
    await writeIndex(bench, join(folder, path));
    await list(indexPath(path));
  }
  const { kernel, os } = parts;
  const manifest: Manifest = { v: 1, arch: 'amd64', kernel, os, dcp: null, files: listed };
  await files.write(join(folder, manifestPath), renderManifest(manifest));
  return manifest;
}

async function writeIndex(bench: Bench, path: string): Promise<void> {
  const { files } = bench.host;
  const file = await files.open(path, 'r');
  try {
    await files.write(indexPath(path), encodeBlockIndex(await blockIndexOf(file)));
  } finally {
    await file.close();
  }
}

/** The root of a node that runs the system in `parts`, at `root`. */
export async function makeNode(bench: Bench, root: string, parts: SystemParts): Promise<void> {
  const { files, processes } = bench.host;
  const state = join(root, statePath);
  await makeSystem(bench, state, parts);
  const { kernel, os } = parts;
  const record = { v: 1, mode: 'disk', medium: '', mediumRoot: '', state: '/state.img', kernel, os, dcp: '' };
  await files.write(join(root, bootRecordPath), JSON.stringify(record));
  const environment = { mark: 'valid', stateUuid: uuid, kernel, os, dcp: null, others: {} } as const;
  await files.makeDir(join(state, dirname(stateEnvironmentPath)));
  await files.write(join(state, stateEnvironmentPath), renderBootEnvironment(environment));
  // Only its UUID is read.
  await processes.run('truncate', ['-s', '4M', join(root, 'state.img')]);
  await processes.run('mkfs.ext4', ['-q', '-U', uuid, join(root, 'state.img')]);
}

/** A system of another kernel and OS, of which nothing can be taken. */
export async function otherSystem(bench: Bench): Promise<SystemParts> {
  const { files } = bench.host;
  const folder = join(bench.folder, 'other');
  await files.makeDir(folder);
  const names = ['vmlinuz', 'initrd', 'kernel.squashfs', 'rootfs.squashfs'];
  for (const name of names) await files.write(join(folder, name), `${name} ${sha256Of(name)}`);
  const made = Object.fromEntries(names.map((name) => [name, join(folder, name)]));
  return { kernel: '1.0', os: '0.0.1', files: made, indexed: false };
}

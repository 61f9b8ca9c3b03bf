/** A medium with little on it and the parts of a boot loader, as files in a folder. */
import { randomBytes } from 'node:crypto';
import { sha256Of } from '../../../src/host/digest.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import { type BootAssets, bootAssetNames, partitionAssetNames } from '../../../src/install/medium/live.ts';
import { type Manifest, manifestPath, renderManifest } from '../../../src/media/manifest.ts';
import { bootImage, coreImage } from '../../steps/machine.ts';

const { files } = linuxHost();

const first = { kernel: '6.1.0-40-amd64', os: '0.1.0' };

/** Below `folder`, as `medium`; `rootfs` in bytes. */
export async function medium(folder: string, { kernel, os } = first, rootfs = 40_000_123): Promise<Manifest> {
  const contents: Record<string, Buffer> = {
    [`bos/system/kernel/${kernel}/vmlinuz`]: randomBytes(1_000_001),
    [`bos/system/kernel/${kernel}/initrd`]: randomBytes(3),
    [`bos/system/kernel/${kernel}/kernel.squashfs`]: randomBytes(5003),
    [`bos/system/os/${os}/rootfs.squashfs`]: randomBytes(rootfs),
    'bos/system/dcp/1.0/dcp': Buffer.alloc(100_000),
  };
  const list = [];
  for (const [path, bytes] of Object.entries(contents)) {
    await files.makeDir(`${folder}/medium/${path.replace(/\/[^/]*$/, '')}`);
    await files.write(`${folder}/medium/${path}`, bytes, { mode: path.endsWith('/dcp') ? 0o555 : 0o444 });
    list.push({ path, size: bytes.length, sha256: sha256Of(bytes) });
  }
  const manifest: Manifest = {
    ...{ v: 1, arch: 'amd64', kernel, os, dcp: '1.0' },
    files: list,
  };
  await files.write(`${folder}/medium/${manifestPath}`, renderManifest(manifest));
  return manifest;
}

export async function assets(folder: string): Promise<BootAssets> {
  const made = [];
  for (const name of [...bootAssetNames('amd64'), ...partitionAssetNames('amd64')]) {
    const core = name === 'core.img' || name === 'search.img';
    const bytes = core ? coreImage : name === 'boot.img' ? bootImage : randomBytes(900_000);
    await files.write(`${folder}/${name}`, bytes);
    made.push([name, { path: `${folder}/${name}`, size: bytes.length, sha256: sha256Of(bytes) }]);
  }
  return Object.fromEntries(made);
}

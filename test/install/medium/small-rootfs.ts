/** A root file system as a medium has it, with the programs of this machine: what the tools are taken out of. */
import { copyFileSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { elfNeeds } from '../../../src/formats/executables/elf.ts';
import { sha256Of } from '../../../src/host/digest.ts';
import { bootAssetFolder, bootAssetNames, partitionAssetNames } from '../../../src/install/medium/live.ts';
import { mediumPrograms } from '../../../src/install/medium/tools.ts';
import { manifestPath, renderManifest } from '../../../src/media/manifest.ts';
import { temporaryFolder, tool } from '../../formats/support.ts';
import { contents, makeIso, manifest } from '../../media/small-iso.ts';

const where = (name: string) => {
  try {
    return tool('sh', '-c', `command -v ${name}`).trim();
  } catch {
    return undefined;
  }
};
const libraries = '/usr/lib/x86_64-linux-gnu';

const made = new Map<string, Buffer>();

/** The image without the programs in `lacking`; those that this machine has not are not there either. */
export function smallRootfs(t: ExecutionContext, lacking: readonly string[] = []): Buffer {
  const key = lacking.join();
  const image = made.get(key) ?? make(t, lacking);
  made.set(key, image);
  return image;
}

function make(t: ExecutionContext, lacking: readonly string[]): Buffer {
  const folder = temporaryFolder(t);
  const root = join(folder, 'root');
  const put = (from: string, to: string) => {
    mkdirSync(dirname(join(root, to)), { recursive: true });
    copyFileSync(from, join(root, to));
  };
  for (const path of ['usr/bin', 'usr/sbin', 'etc', bootAssetFolder])
    mkdirSync(join(root, path), { recursive: true });
  const needed = new Set<string>();
  for (const name of mediumPrograms) {
    const found = where(name);
    if (found === undefined || lacking.includes(name)) continue;
    const real = realpathSync(found);
    put(real, `usr/sbin/${basename(real)}`);
    for (const library of elfNeeds(readFileSync(real)).libraries) needed.add(library);
    if (basename(real) !== name) symlinkSync(basename(real), join(root, 'usr/sbin', name));
  }
  for (const name of needed) {
    if (lacking.includes(name)) continue;
    const real = realpathSync(`${libraries}/${name}`);
    for (const library of elfNeeds(readFileSync(real)).libraries) needed.add(library);
    put(real, `${libraries}/${basename(real)}`);
    if (basename(real) !== name) symlinkSync(basename(real), join(root, libraries, name));
  }
  put('/lib64/ld-linux-x86-64.so.2', 'lib64/ld-linux-x86-64.so.2');
  for (const name of [...bootAssetNames('amd64'), ...partitionAssetNames('amd64')])
    writeFileSync(join(root, bootAssetFolder, name), `the bytes of ${name}`);
  writeFileSync(join(root, 'etc/mke2fs.conf'), '[defaults]\n\tbase_features = sparse_super,filetype\n');
  const image = join(folder, 'rootfs.squashfs');
  tool('mksquashfs', root, image, '-quiet', '-no-progress', '-comp', 'zstd', '-Xcompression-level', '1');
  return readFileSync(image);
}

const rootfsPath = `bos/system/os/${manifest.os}/rootfs.squashfs`;

/** An ISO with this root file system. `actual` is what lies there, when it is not what the manifest says. */
export function isoWith(
  t: ExecutionContext,
  rootfs: Uint8Array,
  actual = rootfs,
  arch = manifest.arch,
): string {
  const files = manifest.files.map((file) =>
    file.path === rootfsPath ? { ...file, size: rootfs.length, sha256: sha256Of(rootfs) } : file,
  );
  return makeIso(t, {
    ...contents,
    [rootfsPath]: actual,
    [manifestPath]: renderManifest({ ...manifest, arch, files }),
  });
}

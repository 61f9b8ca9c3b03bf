/** A medium with the next version of the system, for tests of upgrades: what was built, under another name. */
import { join } from 'node:path';
import { sha256Of } from '../../../src/host/digest.ts';
import { type Manifest, manifestPath, parseManifest, renderManifest } from '../../../src/media/manifest.ts';
import { isoOn } from './boots.ts';
import type { SystemContext } from './machines.ts';

/** Changes the files of the tree before they are listed: `path` relative to the tree. */
export type Alter = (tree: string, manifest: Manifest) => Promise<void>;

/**
 * An image that holds version `os`, not bootable by itself. Its initrd differs by some zeros at its end, which the kernel
 * passes over: another build of the same kernel.
 */
export async function nextVersion(t: SystemContext, os: string, alter?: Alter): Promise<string> {
  const { files, processes } = t.host;
  const tree = join(t.folder, `tree-${os}`);
  const iso = join(t.folder, `next-${os}.iso`);
  await processes.run('xorriso', [
    '-osirrox',
    'on',
    '-indev',
    isoOn(t, 'cd').file,
    '-extract',
    '/bos',
    `${tree}/bos`,
  ]);
  await processes.run('chmod', ['-R', 'u+w', tree]);
  const manifest = parseManifest(await files.readText(join(tree, manifestPath)), 'the manifest');
  const folder = (version: string) => join(tree, 'bos/system/os', version);
  await files.rename(folder(manifest.os), folder(os));
  const initrd = join(tree, 'bos/system/kernel', manifest.kernel, 'initrd');
  await files.resize(initrd, ((await files.stat(initrd))?.size ?? 0) + 512);
  const renamed = (path: string) => path.replace(`bos/system/os/${manifest.os}/`, `bos/system/os/${os}/`);
  await alter?.(tree, manifest);
  const listed = [];
  for (const { path } of manifest.files) {
    const bytes = await files.read(join(tree, renamed(path)));
    listed.push({ path: renamed(path), size: bytes.length, sha256: sha256Of(bytes) });
  }
  await files.write(join(tree, manifestPath), renderManifest({ ...manifest, os, files: listed }));
  await processes.run('xorriso', ['-as', 'mkisofs', '-quiet', '-R', '-V', 'NEXT', '-o', iso, tree]);
  await files.remove(tree);
  return iso;
}

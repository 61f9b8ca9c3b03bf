/** A medium with the next version of the system, for tests of upgrades: what was built, under another name. */
import { join } from 'node:path';
import { sha256Of } from '../../../../src/host/digest.ts';
import type { Host } from '../../../../src/host/ports.ts';
import { manifestPath, parseManifest, renderManifest } from '../../../../src/media/manifest.ts';

export interface NextVersion {
  /** Changes the initrd. When left out it gets some zeros at its end, which the kernel passes over: another build. */
  readonly initrd?: (path: string) => Promise<void>;
}

interface Place {
  readonly host: Host;
  /** Where everything is made. */
  readonly folder: string;
}

/** An image that holds version `os` of the system of an ISO, not bootable by itself; returns its path. */
export async function nextVersion(
  t: Place,
  from: string,
  os: string,
  change: NextVersion = {},
): Promise<string> {
  const tree = await nextTree(t, from, os, change);
  const iso = join(t.folder, `next-${os}.iso`);
  await t.host.processes.run('xorriso', ['-as', 'mkisofs', '-quiet', '-R', '-V', 'NEXT', '-o', iso, tree]);
  await t.host.files.remove(tree);
  return iso;
}

/** The same as a folder; returns its path. */
export async function nextTree(
  { host: { files, processes }, folder }: Place,
  from: string,
  os: string,
  change: NextVersion = {},
): Promise<string> {
  const tree = join(folder, `tree-${os}`);
  await processes.run('xorriso', ['-osirrox', 'on', '-indev', from, '-extract', '/bos', `${tree}/bos`]);
  await processes.run('chmod', ['-R', 'u+w', tree]);
  const manifest = parseManifest(await files.readText(join(tree, manifestPath)), 'the manifest');
  const osFolder = (version: string) => join(tree, 'bos/system/os', version);
  await files.rename(osFolder(manifest.os), osFolder(os));
  const initrd = join(tree, 'bos/system/kernel', manifest.kernel, 'initrd');
  if (change.initrd === undefined) await files.resize(initrd, ((await files.stat(initrd))?.size ?? 0) + 512);
  else await change.initrd(initrd);
  const renamed = (path: string) => path.replace(`bos/system/os/${manifest.os}/`, `bos/system/os/${os}/`);
  const listed = [];
  for (const { path } of manifest.files) {
    const bytes = await files.read(join(tree, renamed(path)));
    listed.push({ path: renamed(path), size: bytes.length, sha256: sha256Of(bytes) });
  }
  await files.write(join(tree, manifestPath), renderManifest({ ...manifest, os, files: listed }));
  return tree;
}

/** The package list of a built image, wherever it lies: an ISO, a rootfs.squashfs, the tarball, a folder of these. */
import { OpsError, refused } from '../../errors.ts';
import type { ByteSource } from '../../formats/bytes.ts';
import { openSquashfs } from '../../formats/filesystems/squashfs.ts';
import { openIso } from '../../formats/iso9660/image.ts';
import type { Host } from '../../host/ports.ts';
import { notThere } from '../../host/system-error.ts';
import { type Manifest, manifestPath, parseManifest } from '../../media/manifest.ts';
import { withTemporary } from '../../operation/outcome.ts';
import { type Inventory, inventoryPath, parseInventory } from './inventory.ts';
import type { DcpPart } from './spdx.ts';

export interface ImageContents {
  readonly inventory: Inventory;
  /** Bhojpur DCP, where the image is a medium that has it. */
  readonly dcp?: DcpPart;
}

/** Bytes of a package list or a manifest, at most. */
const limit = 16 * 2 ** 20;
const isoName = /^bos-[a-z0-9]+\.iso$/;

/**
 * Throws OpsError `image-missing`, `image-unknown` and `inventory-missing` (refused), and what reading an image
 * does.
 */
export async function readContents(host: Host, path: string): Promise<ImageContents> {
  const { files } = host;
  const stat = await files.stat(await files.realPath(path).catch(() => path));
  if (stat === undefined)
    throw notThere(
      'image-missing',
      path,
      'Build an image first (`opsctl build iso`), or name an ISO, a rootfs.squashfs or a rootfs tarball.',
    );
  if (stat.type === 'directory') return inFolder(host, path);
  return withSource(host, path, async (source) => {
    const start = Buffer.from(await source.read(0, 4));
    if (start.toString('latin1') === 'hsqs') return { inventory: await inSquashfs(source, path) };
    if (start[0] === 0x1f && start[1] === 0x8b) return inTarball(host, path);
    const iso = await openIso(source, path).catch((error) => {
      throw error instanceof OpsError && error.code === 'iso-invalid' ? unknownImage(path) : error;
    });
    const manifest = await iso.readFile(manifestPath, limit).catch(() => undefined);
    if (manifest === undefined) throw unknownImage(path);
    return ofMedium(parseManifest(Buffer.from(manifest).toString('utf8'), path), async (file) =>
      inSquashfs(await iso.open(file), path),
    );
  });
}

/** A root file system, a medium's tree, or the artifacts of a build. */
async function inFolder(host: Host, folder: string): Promise<ImageContents> {
  const { files } = host;
  const list = `${folder}/${inventoryPath}`;
  if (await files.exists(list)) return { inventory: parseInventory(await files.readText(list), list) };
  const manifest = `${folder}/${manifestPath}`;
  if (await files.exists(manifest))
    return ofMedium(parseManifest(await files.readText(manifest), manifest), (file) =>
      withSource(host, `${folder}/${file}`, (source) => inSquashfs(source, `${folder}/${file}`)),
    );
  const isos = (await files.list(folder)).filter((name) => isoName.test(name));
  // Of several architectures that of this machine.
  const iso = isos.find((name) => name === `bos-${host.system.arch}.iso`) ?? isos[0];
  if (iso !== undefined) return readContents(host, `${folder}/${iso}`);
  throw unknownImage(folder);
}

async function inTarball(host: Host, path: string): Promise<ImageContents> {
  const { files, processes } = host;
  const folder = await files.makeTempDir('bos-contents-');
  const temporary = {
    what: folder,
    remove: () => files.remove(folder),
    cleanupFailed: 'Remove that folder by hand.',
  };
  return withTemporary(temporary, async () => {
    const wanted = ['--wildcards', `*${manifestPath}`, '*bos/system/os/*/rootfs.squashfs'];
    await processes.run('tar', ['-xzf', path, '-C', folder, ...wanted], { okCodes: [0, 2] });
    if (!(await files.exists(`${folder}/${manifestPath}`))) throw unknownImage(path);
    return inFolder(host, folder);
  });
}

async function ofMedium(
  manifest: Manifest,
  read: (rootfs: string) => Promise<Inventory>,
): Promise<ImageContents> {
  const inventory = await read(`bos/system/os/${manifest.os}/rootfs.squashfs`);
  const dcp = manifest.files.find(({ path }) => path === `bos/system/dcp/${manifest.dcp}/dcp`);
  if (manifest.dcp === null || dcp === undefined) return { inventory };
  return { inventory, dcp: { version: manifest.dcp, sha256: dcp.sha256 } };
}

async function inSquashfs(source: ByteSource, where: string): Promise<Inventory> {
  const image = await openSquashfs(source);
  if ((await image.stat(inventoryPath))?.type !== 'file')
    throw refused('inventory-missing', `${where} has no package list (/${inventoryPath})`, {
      hint: 'It was built by an older version: build it again.',
    });
  const text = Buffer.from(await image.readFile(inventoryPath, limit)).toString('utf8');
  return parseInventory(text, `${where}: /${inventoryPath}`);
}

async function withSource<T>(
  { files }: Host,
  path: string,
  use: (source: ByteSource) => Promise<T>,
): Promise<T> {
  const source = await files.open(path, 'r');
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}

const unknownImage = (path: string) =>
  refused('image-unknown', `${path} is not a Bhojpur OS image`, {
    hint: 'Name an ISO, a rootfs.squashfs, a rootfs tarball, or a folder with one of them.',
  });

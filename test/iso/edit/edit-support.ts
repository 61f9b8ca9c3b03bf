/** What the tests of remastering share: images to edit, requests, and readers that are not ours. */
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { sha256Of } from '../../../src/host/digest.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { Host } from '../../../src/host/ports.ts';
import type { RemasterJob, RemasterResult } from '../../../src/iso/job.ts';
import { remaster } from '../../../src/iso/remaster.ts';
import type { MenuRequest, RemasterRequest } from '../../../src/iso/request.ts';
import { type Maker, makers, makeTree } from '../../formats/iso9660/images.ts';
import { temporaryFolder, tool } from '../../formats/support.ts';
import { copyOnce } from '../media.ts';

export const host = linuxHost();

const noMenus: MenuRequest = { append: [], delete: [], replace: [] };

export const asked = (
  request: Partial<Omit<RemasterRequest, 'menu'>> & { readonly menu?: Partial<MenuRequest> },
): RemasterRequest => ({ add: [], remove: [], ...request, menu: { ...noMenus, ...request.menu } });

/** An image of its own in a folder of its own. */
export const imageBy = (t: ExecutionContext, maker: Maker, files?: number): string =>
  copyOnce(
    temporaryFolder(t),
    'image.iso',
    (folder) => {
      const iso = join(folder, 'image.iso');
      makers[maker](iso, makeTree(folder, files));
      return iso;
    },
    `${maker}, ${files} files`,
  );

export function copyOf(t: ExecutionContext, iso: string): string {
  const copy = join(temporaryFolder(t), 'copy.iso');
  copyFileSync(iso, copy);
  return copy;
}

export const change = (
  iso: string,
  request: Parameters<typeof asked>[0],
  more: Partial<RemasterJob> & { readonly on?: Host } = {},
): Promise<RemasterResult> => remaster({ host: more.on ?? host, iso, request: asked(request), ...more });

export const digestOf = (path: string): string => sha256Of(readFileSync(path));

/** A file of the image as xorriso reads it. */
export function byXorriso(t: ExecutionContext, iso: string, path: string): Buffer {
  const target = join(temporaryFolder(t), 'file');
  tool('xorriso', '-osirrox', 'on', '-indev', iso, '-extract', `/${path}`, target);
  return readFileSync(target);
}

/** Every path that xorriso finds. */
export function pathsByXorriso(iso: string): string[] {
  return tool('xorriso', '-indev', iso, '-find', '/')
    .split('\n')
    .filter((line) => line.startsWith("'/"))
    .map((line) => line.slice(2, -1))
    .toSorted();
}

/** Every path of the tree with Rock Ridge, or of the Joliet tree, by isoinfo of cdrkit. */
export const pathsByIsoinfo = (iso: string): string[] => isoinfo('-R', iso);
export const jolietPaths = (iso: string): string[] => isoinfo('-J', iso);

function isoinfo(tree: '-R' | '-J', iso: string): string[] {
  return tool('isoinfo', tree, '-f', '-i', iso)
    .split('\n')
    .filter((line) => line.startsWith('/'))
    .map((line) => line.slice(1).replace(/;1$/, ''))
    .toSorted();
}

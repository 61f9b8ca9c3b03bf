/** A tree with every form of file, packed by mksquashfs. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { temporaryFolder, tool } from '../support.ts';

/** Every form a file can have: empty, a fragment, whole blocks, blocks and a tail, blocks of zeros. */
export const contents: Readonly<Record<string, Buffer>> = {
  'etc/empty': Buffer.alloc(0),
  'etc/small': Buffer.from('a fragment\n'),
  'usr/bin/one-block': Buffer.alloc(131072, 'one block '),
  'usr/bin/blocks-and-tail': Buffer.alloc(300_000, 'blocks and a tail '),
  'usr/bin/zeros': Buffer.concat([Buffer.alloc(262144), Buffer.from('end')]),
  'usr/lib/noise': Buffer.from(Array.from({ length: 70_000 }, (_, at) => (at * 7919 * (at % 251)) & 255)),
};
export const manyNames = Array.from({ length: 300 }, (_, index) => `file-with-a-long-name-${index}`);

const images = new Map<string, Buffer>();

/** What mksquashfs makes of such a tree; once for the same options. */
export function image(t: ExecutionContext, ...options: string[]): Buffer {
  const key = options.join('\n');
  const known = images.get(key) ?? made(t, options);
  images.set(key, known);
  return known;
}

function made(t: ExecutionContext, options: readonly string[]): Buffer {
  const folder = temporaryFolder(t);
  const root = join(folder, 'root');
  for (const name of ['etc', 'usr/bin', 'usr/lib', 'many']) mkdirSync(join(root, name), { recursive: true });
  for (const [path, bytes] of Object.entries(contents)) writeFileSync(join(root, path), bytes);
  for (const name of manyNames) writeFileSync(join(root, 'many', name), name);
  symlinkSync('usr/bin', join(root, 'bin'));
  symlinkSync('/etc/small', join(root, 'usr/lib/absolute'));
  symlinkSync('../../../../etc/small', join(root, 'usr/lib/above'));
  symlinkSync('round', join(root, 'round'));
  symlinkSync('nowhere', join(root, 'dangling'));
  const file = join(folder, 'image');
  tool('mksquashfs', root, file, '-quiet', '-no-progress', '-all-root', ...options);
  return readFileSync(file);
}

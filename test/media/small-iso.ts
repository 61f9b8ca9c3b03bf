/** A small ISO of Bhojpur OS, made by xorriso: whole, or with something wrong. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { sha256Of } from '../../src/host/digest.ts';
import { type Manifest, manifestPath, renderManifest } from '../../src/media/manifest.ts';
import { temporaryFolder, tool } from '../formats/support.ts';

export const contents: Readonly<Record<string, Buffer>> = {
  'bos/system/kernel/6.1.0-40-amd64/initrd': randomBytes(300_001),
  'bos/system/kernel/6.1.0-40-amd64/kernel.squashfs': randomBytes(2_000_000),
  'bos/system/kernel/6.1.0-40-amd64/vmlinuz': randomBytes(70_000),
  'bos/system/os/0.1.0/rootfs.squashfs': randomBytes(3_000_123),
};
export const manifest: Manifest = {
  ...{ v: 1, arch: 'amd64', kernel: '6.1.0-40-amd64', os: '0.1.0', dcp: null },
  files: Object.entries(contents).map(([path, bytes]) => ({
    path,
    size: bytes.length,
    sha256: sha256Of(bytes),
  })),
};
export const manifestText = renderManifest(manifest);

/**
 * Makes an ISO and gives its path. `more` adds files and replaces them; undefined leaves one out, `-> x` is a link.
 */
export function makeIso(
  t: ExecutionContext,
  more: Readonly<Record<string, string | Uint8Array | undefined>> = {},
): string {
  const folder = temporaryFolder(t);
  const tree = join(folder, 'tree');
  mkdirSync(tree);
  for (const [path, data] of Object.entries({ [manifestPath]: manifestText, ...contents, ...more })) {
    if (data === undefined) continue;
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    if (typeof data === 'string' && data.startsWith('-> ')) symlinkSync(data.slice(3), join(tree, path));
    else writeFileSync(join(tree, path), data);
  }
  const iso = join(folder, 'bos.iso');
  tool('xorriso', '-as', 'mkisofs', '-quiet', '-r', '-V', 'BOS', '-o', iso, tree);
  return iso;
}

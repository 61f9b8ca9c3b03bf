/** What a path given to `vm run` is: an ISO, a disk image or the artifacts of a build. Told by content, not by name. */
import { join } from 'node:path';
import { refused, usage } from '../errors.ts';
import type { Host } from '../host/ports.ts';

export type BootFiles =
  | { readonly kind: 'iso'; readonly path: string }
  | { readonly kind: 'disk'; readonly path: string; readonly format: 'raw' | 'qcow2' }
  | { readonly kind: 'artifacts'; readonly folder: string; readonly kernel: string; readonly initrd: string };

/** The artifacts that boot a machine without an ISO. */
export const artifactNames = { kernel: 'bos-vmlinuz-amd64', initrd: 'bos-initrd-amd64' } as const;

/** What an artifact set is started with; `ramfs` lifts the limit of half the memory that a tmpfs has. */
export const artifactCommandLine = 'console=tty0 console=ttyS0,115200 bos.mode=live rootfstype=ramfs quiet';

/** Throws OpsError: `boot-missing` (usage) when nothing is there, `artifacts-missing` (refused). */
export async function bootFiles(path: string, host: Host): Promise<BootFiles> {
  const { files } = host;
  if (!(await files.exists(path))) {
    throw usage('boot-missing', `${path} does not exist`, {
      hint: 'Give an ISO, a disk image or a folder of artifacts, or run "make" to build them.',
    });
  }
  const stat = await files.stat(await files.realPath(path));
  if (stat?.type === 'directory') {
    const kernel = join(path, artifactNames.kernel);
    const initrd = join(path, artifactNames.initrd);
    for (const file of [kernel, initrd]) {
      if (await files.exists(file)) continue;
      throw refused('artifacts-missing', `${file} does not exist`, {
        hint: 'Run "opsctl build" to make the artifacts.',
      });
    }
    return { kind: 'artifacts', folder: path, kernel, initrd };
  }
  const file = await files.open(path, 'r');
  try {
    // ECMA-119 section 8.1: the first volume descriptor is sector 16 and says CD001 at its byte 1.
    if (await says(file, 16 * 2048 + 1, 'CD001')) return { kind: 'iso', path };
    // docs/interop/qcow2.txt of QEMU: the header starts with QFI and 0xfb.
    const qcow2 = await says(file, 0, 'QFI\xfb');
    return { kind: 'disk', path, format: qcow2 ? 'qcow2' : 'raw' };
  } finally {
    await file.close();
  }
}

async function says(
  file: { read(offset: number, length: number): Promise<Uint8Array> },
  offset: number,
  text: string,
): Promise<boolean> {
  return Buffer.from(await file.read(offset, text.length)).toString('latin1') === text;
}

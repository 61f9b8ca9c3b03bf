/** The PXE initrd: the small initrd followed by a cpio with the whole medium, so that it boots with nothing else. */
import { cpioHeader, cpioTrailer, padding } from '../formats/cpio.ts';
import type { Host, OpenFile } from '../host/ports.ts';
import type { Stage } from './stage.ts';

/** Makes `initrd`. Only bos/ is carried: nothing reads the rest over PXE. */
export function pxeStage(host: Host, initrd: string, tree: string, date: number): Stage {
  return {
    name: 'pxe',
    title: 'Write the PXE initrd',
    inputs: { initrd, tree, date },
    make: async ({ folder, percent }) => {
      const out = await host.files.open(`${folder}/initrd`, 'w');
      try {
        let offset = await append(out, 0, await host.files.read(initrd));
        // The kernel skips zeroes between archives; the next one starts on a multiple of four.
        offset += 512 - (offset % 512);
        let inode = 1;
        const paths = await walk(host, tree, 'bos');
        for (const path of paths) {
          const stat = await host.files.stat(`${tree}/${path}`);
          const mode =
            stat?.type === 'directory'
              ? 0o040755
              : stat?.type === 'symlink'
                ? 0o120777
                : 0o100000 | (stat?.mode ?? 0o644);
          if (stat?.type === 'symlink') {
            const target = Buffer.from(await host.files.readLink(`${tree}/${path}`));
            offset = await append(out, offset, cpioHeader({ path, mode }, inode++, target.length, date));
            offset = await appendPadded(out, offset, target);
          } else if (stat?.type === 'directory') {
            offset = await append(out, offset, cpioHeader({ path, mode }, inode++, 0, date));
          } else {
            const size = stat?.size ?? 0;
            offset = await append(out, offset, cpioHeader({ path, mode }, inode++, size, date));
            offset = await appendFile(host, out, offset, `${tree}/${path}`);
          }
          percent((inode / paths.length) * 100);
        }
        await append(out, offset, cpioTrailer());
        await out.sync();
      } finally {
        await out.close();
      }
    },
  };
}

async function append(out: OpenFile, offset: number, data: Uint8Array): Promise<number> {
  await out.write(offset, data);
  return offset + data.length;
}

async function appendPadded(out: OpenFile, offset: number, data: Uint8Array): Promise<number> {
  const end = await append(out, offset, data);
  return padding(end) === 0 ? end : append(out, end, Buffer.alloc(padding(end)));
}

async function appendFile(host: Host, out: OpenFile, start: number, path: string): Promise<number> {
  const piece = 4 * 1024 * 1024;
  const file = await host.files.open(path, 'r');
  try {
    let offset = start;
    for (let at = 0; at < file.size; at += piece)
      offset = await append(out, offset, await file.read(at, piece));
    return padding(offset) === 0 ? offset : append(out, offset, Buffer.alloc(padding(offset)));
  } finally {
    await file.close();
  }
}

/** Paths below `path`, folders before what they hold, in the order of their names. */
async function walk(host: Host, root: string, path: string): Promise<string[]> {
  const found = [path];
  if ((await host.files.stat(`${root}/${path}`))?.type !== 'directory') return found;
  for (const name of await host.files.list(`${root}/${path}`))
    found.push(...(await walk(host, root, `${path}/${name}`)));
  return found;
}

/** The PXE initrd: the small initrd followed by a cpio with the whole medium, so that it boots with nothing else. */
import { cpioHeader, cpioTrailer, padding } from '../../formats/compression/cpio.ts';
import type { Host, OpenFile } from '../../host/ports.ts';
import type { Stage } from '../stage.ts';
import { plainMode, type TreeEntry, walkTree } from '../tree.ts';

/** Makes `initrd`. Only bos/ of the medium is carried: nothing reads the rest over PXE. */
export function pxeStage(
  host: Host,
  needs: Readonly<Record<'initrd' | 'medium', Stage>>,
  date: number,
): Stage<'initrd' | 'medium'> {
  return {
    name: 'pxe',
    title: 'Write the PXE initrd',
    inputs: { date },
    needs,
    make: async ({ folder, from, percent }) => {
      const out = await host.files.open(`${folder}/initrd`, 'w');
      try {
        const start = await append(out, 0, await host.files.read(`${from.initrd}/initrd`));
        // The kernel skips zeroes between archives; the next one starts on a multiple of four.
        await appendArchive(host, out, start + 512 - (start % 512), `${from.medium}/tree`, date, percent);
        await out.sync();
      } finally {
        await out.close();
      }
    },
  };
}

async function appendArchive(
  host: Host,
  out: OpenFile,
  start: number,
  tree: string,
  date: number,
  percent: (value: number) => void,
): Promise<void> {
  const { files } = host;
  const entries = (await walkTree(files, tree)).filter(
    ({ path }) => path === 'bos' || path.startsWith('bos/'),
  );
  const total = entries.reduce((sum, { stat }) => sum + stat.size, 0);
  let offset = start;
  for (const [index, { path, stat }] of entries.entries()) {
    const link = stat.type === 'symlink' ? Buffer.from(await files.readLink(`${tree}/${path}`)) : undefined;
    const size = link?.length ?? (stat.type === 'file' ? stat.size : 0);
    offset = await append(
      out,
      offset,
      cpioHeader({ path, mode: cpioMode({ path, stat }) }, index + 1, size, date),
    );
    if (link !== undefined) offset = await append(out, offset, link);
    else if (stat.type === 'file') offset = await appendFile(host, out, offset, `${tree}/${path}`);
    offset = await append(out, offset, Buffer.alloc(padding(offset)));
    percent(((offset - start) / total) * 100);
  }
  await append(out, offset, cpioTrailer());
}

/** File type and permission bits, as in stat(2). */
function cpioMode({ stat }: TreeEntry): number {
  if (stat.type === 'directory') return 0o040755;
  return stat.type === 'symlink' ? 0o120777 : 0o100000 | plainMode(stat);
}

async function append(out: OpenFile, offset: number, data: Uint8Array): Promise<number> {
  if (data.length > 0) await out.write(offset, data);
  return offset + data.length;
}

const pieceSize = 4 * 1024 * 1024;

async function appendFile(host: Host, out: OpenFile, start: number, path: string): Promise<number> {
  const file = await host.files.open(path, 'r');
  try {
    let offset = start;
    for (let position = 0; position < file.size; position += pieceSize)
      offset = await append(out, offset, await file.read(position, pieceSize));
    return offset;
  } finally {
    await file.close();
  }
}

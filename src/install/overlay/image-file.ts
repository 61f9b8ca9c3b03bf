/** What is named as the target of an overlay: a folder, or an image of a board, perhaps packed. */
import { join, resolve } from 'node:path';
import { refused, usage } from '../../errors.ts';
import { refuseAttached } from '../../host/loop-attached.ts';
import { requireOutputFile } from '../../host/output-place.ts';
import type { Host, OpenFile } from '../../host/ports.ts';
import { cannotRead } from '../../host/system-error.ts';
import { type Packing, packingOf } from '../../media/packed/kind.ts';
import { unpacked } from '../../media/packed/unpack.ts';
import type { ImageOutput } from './plan.ts';

export interface OpenedImage {
  readonly kind: 'image';
  readonly output: ImageOutput;
}

interface Named {
  readonly overlay: string;
  readonly output: string | undefined;
}

const pieceSize = 2 * 1024 * 1024;

/**
 * A packed image is unpacked into `work` to look into it. Throws OpsError (usage) `overlay-output`; (refused)
 * `overlay-unreadable`, `overlay-output-there`, `image-in-use`, `image-damaged`.
 */
export async function openTarget(
  host: Host,
  { overlay, output }: Named,
  work: string,
): Promise<{ readonly kind: 'folder'; readonly path: string } | OpenedImage> {
  const { files } = host;
  const path = await files.realPath(overlay).catch((cause: unknown) => {
    throw cannotRead(
      'overlay-unreadable',
      overlay,
      cause,
      'Name the folder where the root is mounted, or an image of a board.',
    );
  });
  const stat = await files.stat(path);
  if (stat?.type === 'directory') {
    if (output !== undefined)
      throw usage('overlay-output', '--output is for images; a folder is changed in place', {
        hint: 'Leave it out.',
      });
    return { kind: 'folder', path };
  }
  if (stat?.type !== 'file')
    throw refused('overlay-unreadable', `${overlay} is neither a folder nor an image`, {
      hint: 'Of a card in a reader, mount the root partition, and name that folder.',
    });
  await refuseAttached(host, path, 'image-in-use', '');
  const packing = await packingOfFile(host, path);
  const named = await outputOf(host, path, output, packing);
  const image = { output: named, mode: stat.mode };
  if (packing === 'none')
    return { kind: 'image', output: { ...image, from: path, unpacked: false, size: stat.size } };
  const from = join(work, 'image');
  const size = await unpackTo(host, path, packing, from);
  return { kind: 'image', output: { ...image, from, unpacked: true, size } };
}

async function packingOfFile({ files }: Host, path: string): Promise<Packing> {
  const file = await files.open(path, 'r');
  try {
    return packingOf(await file.read(0, Math.min(512, file.size)));
  } finally {
    await file.close();
  }
}

/** A packed image stays as it is: the result is another file. */
async function outputOf(
  host: Host,
  path: string,
  output: string | undefined,
  packing: Packing,
): Promise<string> {
  if (output === undefined && packing !== 'none')
    throw usage('overlay-output', `${path} is packed (${packing}); the result is another file, unpacked`, {
      hint: 'Name it: --output board.img.',
    });
  if (output === undefined) return path;
  const named = resolve(output);
  if (named !== path)
    await requireOutputFile(host, output, {
      ...{ force: false, code: 'overlay-output-there' },
      hint: 'Remove it, or name another file.',
    });
  return named;
}

async function unpackTo(host: Host, path: string, packing: Packing, to: string): Promise<number> {
  const source = await host.files.open(path, 'r');
  const target = await host.files.open(to, 'w');
  let offset = 0;
  try {
    for await (const piece of unpacked(host, { packing, name: path, bytes: piecesOf(source) })) {
      // What is empty stays a hole.
      if (piece.some((byte) => byte !== 0)) await target.write(offset, piece);
      offset += piece.length;
    }
  } finally {
    await target.close();
    await source.close();
  }
  await host.files.resize(to, offset);
  return offset;
}

async function* piecesOf(file: OpenFile): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < file.size; offset += pieceSize)
    yield await file.read(offset, Math.min(pieceSize, file.size - offset));
}

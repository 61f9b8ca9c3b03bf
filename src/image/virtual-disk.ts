/** The disk in a file: raw bytes, qcow2, or a VHD of fixed size. What is packed otherwise is named and refused. */
import { refused } from '../errors.ts';
import { type ByteSource, within } from '../formats/bytes.ts';
import { containerOf, fixedVhd } from '../formats/disk-images/containers.ts';
import { isQcow2 } from '../formats/disk-images/qcow2-header.ts';
import { openQcow2 } from '../formats/disk-images/qcow2-reader.ts';
import { packingOf } from '../media/packed/kind.ts';

export interface VirtualDisk {
  readonly format: 'raw' | 'qcow2' | 'vhd';
  readonly disk: ByteSource;
}

const footer = 512;
const unpackers = { gz: 'gunzip', xz: 'unxz', zst: 'unzstd' } as const;

/** Throws OpsError (refused) `image-packed`, `image-damaged`, `image-unsupported`. */
export async function virtualDisk(file: ByteSource, name: string): Promise<VirtualDisk> {
  const head = await file.read(0, 512);
  if (isQcow2(head)) return { format: 'qcow2', disk: await openQcow2(file) };
  const packing = packingOf(head);
  if (packing !== 'none')
    throw refused('image-packed', `${name} is compressed`, {
      hint: `Unpack it with \`${unpackers[packing]} --keep ${name}\`.`,
    });
  const container = containerOf(head);
  if (container !== undefined)
    throw refused('image-packed', `${name} is ${container.what}`, {
      hint: `Make a raw image of it with \`${container.convert.replace('IMAGE', name)}\`.`,
    });
  const last = await file.read(Math.max(0, file.size - footer), footer);
  return fixedVhd(last) === undefined
    ? { format: 'raw', disk: file }
    : { format: 'vhd', disk: within(file, 0, file.size - footer) };
}

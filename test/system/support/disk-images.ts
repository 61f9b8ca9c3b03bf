/** Disk images seen from outside, with the project's own readers. */
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import type { ByteSource } from '../../../src/formats/bytes.ts';
import type { GptPartition } from '../../../src/formats/partition-tables/gpt.ts';
import { decodeGpt } from '../../../src/formats/partition-tables/gpt-decode.ts';

/** A part of a file; the whole by default. Opened anew for each read, so that nothing has to be closed. */
export function fileSource(path: string, start = 0, length = statSync(path).size - start): ByteSource {
  return {
    size: length,
    read: async (offset, count) => {
      const buffer = Buffer.alloc(Math.max(0, Math.min(count, length - offset)));
      const file = openSync(path, 'r');
      try {
        readSync(file, buffer, 0, buffer.length, start + offset);
      } finally {
        closeSync(file);
      }
      return buffer;
    },
  };
}

/** The partitions of an image with 512-byte sectors. */
export async function partitionsOf(path: string): Promise<readonly GptPartition[]> {
  const decoded = await decodeGpt(fileSource(path), 512);
  if (decoded === undefined) throw new Error(`${path} has no GPT`);
  return decoded.table.partitions;
}

export function openPartition(path: string, { firstLba, lastLba }: GptPartition): ByteSource {
  return fileSource(path, firstLba * 512, (lastLba - firstLba + 1) * 512);
}

/**
 * Reads a log of writes as the kernel's dm-log-writes and QEMU's blklogwrites keep it: a super block, then entries,
 * each a sector of its own with the data behind it (Documentation/admin-guide/device-mapper/log-writes.rst; the
 * structures are those of drivers/md/dm-log-writes.c). Little-endian.
 */
import type { ByteSource } from '../../src/formats/bytes.ts';

export interface LogEntry {
  /** Bytes on the disk. */
  readonly offset: number;
  readonly length: number;
  /** Everything that was logged before it had reached the disk when this entry was logged. */
  readonly flush: boolean;
  /** The data itself had reached the disk. */
  readonly fua: boolean;
  /** Where its data begins in the log; undefined for an entry without data. */
  readonly data: number | undefined;
}

export interface WriteLog {
  readonly entries: readonly LogEntry[];
  /** Bytes of `length` at `from` of the data of an entry. */
  read(entry: LogEntry, from: number, length: number): Promise<Uint8Array>;
}

/** WRITE_LOG_MAGIC, WRITE_LOG_VERSION */
const magic = 0x6a736677736872n;
const version = 1n;
/** struct log_write_super: u64 magic, version, number of entries; u32 sector size. */
const superSize = 28;
/** struct log_write_entry: u64 sector, number of sectors, flags, length of the data behind it. */
const entrySize = 32;
const flags: Readonly<Record<'flush' | 'fua' | 'discard' | 'mark', bigint>> = {
  flush: 1n,
  fua: 2n,
  discard: 4n,
  mark: 8n,
};
const knownFlags = Object.values(flags).reduce((all, one) => all | one, 0n);
/** A log of a run of hours has fewer: a larger number is damage. */
const mostEntries = 10_000_000n;

/** Reads the entries of a log; throws Error with what is wrong. Discards and marks are left out: they write nothing. */
export async function readWriteLog(source: ByteSource): Promise<WriteLog> {
  const view = await viewOf(source, 0, superSize);
  if (view.getBigUint64(0, true) !== magic) throw new Error('this is no log of writes');
  if (view.getBigUint64(8, true) !== version) throw new Error('the log has another version');
  const count = view.getBigUint64(16, true);
  const sectorSize = view.getUint32(24, true);
  if (sectorSize < 512 || sectorSize > 65_536 || (sectorSize & (sectorSize - 1)) !== 0)
    throw new Error(`the log has sectors of ${sectorSize} bytes`);
  if (count > mostEntries) throw new Error(`the log claims to have ${count} entries`);

  const entries: LogEntry[] = [];
  let at = sectorSize;
  for (let index = 0n; index < count; index += 1n) {
    const entry = await viewOf(source, at, entrySize);
    const bits = entry.getBigUint64(16, true);
    if ((bits & ~knownFlags) !== 0n) throw new Error(`entry ${index} has unknown flags`);
    const offset = number(entry.getBigUint64(0, true), sectorSize);
    const length = number(entry.getBigUint64(8, true), sectorSize);
    const behind = Number(entry.getBigUint64(24, true));
    at += sectorSize;
    const silent = (bits & (flags.discard | flags.mark)) !== 0n;
    if (!silent) {
      entries.push({
        offset,
        length,
        flush: (bits & flags.flush) !== 0n,
        fua: (bits & flags.fua) !== 0n,
        data: length === 0 ? undefined : at,
      });
    }
    // A mark has its name behind it, everything else but a discard its sectors.
    at += (bits & flags.mark) !== 0n ? Math.ceil(behind / sectorSize) * sectorSize : silent ? 0 : length;
    if (!Number.isSafeInteger(at) || at > source.size) throw new Error(`entry ${index} ends behind the log`);
  }
  return {
    entries,
    read: async ({ data, length }, from, wanted) => {
      if (data === undefined || from + wanted > length) throw new Error('an entry has no such data');
      return source.read(data + from, wanted);
    },
  };
}

async function viewOf(source: ByteSource, offset: number, length: number): Promise<DataView> {
  const bytes = await source.read(offset, length);
  if (bytes.length < length) throw new Error('the log ends too early');
  return new DataView(bytes.buffer, bytes.byteOffset, length);
}

function number(sectors: bigint, sectorSize: number): number {
  const bytes = sectors * BigInt(sectorSize);
  if (bytes > BigInt(Number.MAX_SAFE_INTEGER)) throw new Error('an entry lies beyond every disk');
  return Number(bytes);
}

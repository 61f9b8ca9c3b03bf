/**
 * What is written on a disk, read from the disk itself: lsblk repeats what udev believes, and where udev is late or
 * does not run a full disk would look empty. Signatures with wipefs (which only writes when asked to), the names
 * and types of partitions with our own reader.
 */
import { basename } from 'node:path/posix';
import { z } from 'zod';
import { messageOf } from '../../errors.ts';
import type { GptPartition } from '../../formats/partition-tables/gpt.ts';
import { decodeGpt } from '../../formats/partition-tables/gpt-decode.ts';
import type { Host } from '../../host/ports.ts';
import type { Signature } from '../facts.ts';
import { isInterruptedTable } from './interrupted-table.ts';
import type { BlockDevice } from './lsblk.ts';

export interface OnDisk {
  /** Why the disk, or some of it, could not be looked at; what else is here may then be what udev believes. */
  readonly unreadable?: string;
  readonly tableType?: 'gpt' | 'dos';
  /** Of the disk and its partitions, by path. */
  readonly signatures: ReadonlyMap<string, Signature>;
  /** Entries of the GPT by number; empty without one. */
  readonly entries: ReadonlyMap<number, GptPartition>;
}

/** Reads the signatures of a disk and its partitions, and its partition table. */
export async function lookAtDisk(host: Host, disk: BlockDevice): Promise<OnDisk> {
  const devices = [disk, ...disk.children.filter((child) => child.type === 'part')];
  const believed = new Map(
    devices.flatMap(({ path, signature }) => (signature === undefined ? [] : [[path, signature] as const])),
  );
  const table = tableTypeOf(disk.tableType);
  try {
    const { stdout } = await host.processes.run(
      'wipefs',
      ['--json', '--output', 'DEVICE,TYPE,USAGE,LABEL,UUID', ...devices.map((device) => device.path)],
      { timeoutMs: 60_000 },
    );
    const found = parseSignatures(stdout);
    const ofDevice = (path: string) => found.filter((row) => row.device === basename(path));
    const tableType =
      table ??
      tableTypeOf(
        ofDevice(disk.path).find((row) => row.usage === 'partition-table' && row.type !== 'PMBR')?.type,
      );
    const entries = tableType === 'gpt' ? await readEntries(host, disk) : new Map<number, GptPartition>();
    if (
      devices.length === 1 &&
      entries.size > 0 &&
      (await isInterruptedTable(host, disk, [...entries.values()]))
    )
      return { signatures: new Map(), entries: new Map() };
    return {
      ...(entries.size < devices.length
        ? {}
        : {
            unreadable: `${entries.size} partitions in its table, ${devices.length - 1} known to the kernel`,
          }),
      ...(tableType === undefined ? {} : { tableType }),
      signatures: new Map(
        devices.flatMap(({ path }) => {
          const signature = combine(ofDevice(path));
          return signature === undefined ? [] : [[path, signature] as const];
        }),
      ),
      entries,
    };
  } catch (error) {
    return {
      unreadable: host.system.uid === 0 ? messageOf(error) : 'only root may read it',
      ...(table === undefined ? {} : { tableType: table }),
      signatures: believed,
      entries: new Map(),
    };
  }
}

/** Of devices that are stacked on disks; what udev believes where that cannot be read. */
export async function readSignatures(
  host: Host,
  devices: readonly BlockDevice[],
): Promise<ReadonlyMap<string, Signature>> {
  const readings = await Promise.all(
    devices.map(async ({ path, signature: believed }): Promise<readonly [string, Signature | undefined]> => {
      try {
        const { stdout } = await host.processes.run(
          'wipefs',
          ['--json', '--output', 'DEVICE,TYPE,USAGE,LABEL,UUID', path],
          { timeoutMs: 60_000 },
        );
        return [path, combine(parseSignatures(stdout))];
      } catch {
        return [path, believed];
      }
    }),
  );
  return new Map(readings.flatMap(([path, found]) => (found === undefined ? [] : [[path, found] as const])));
}

const row = z.object({
  device: z.string().transform((name) => basename(name)),
  type: z.string(),
  usage: z.string().nullable(),
  label: z.string().nullable(),
  uuid: z.string().nullable(),
});
const output = z.object({ signatures: z.array(row) });
type Row = z.infer<typeof row>;

/** Parses `wipefs --json`; nothing at all is printed when nothing was found. */
export function parseSignatures(json: string): Row[] {
  return json.trim() === '' ? [] : output.parse(JSON.parse(json)).signatures;
}

/** One signature of the rows of a device: of several types the names are joined, which no file system is called. */
function combine(rows: readonly Row[]): Signature | undefined {
  const contents = rows.filter((row) => row.usage !== 'partition-table');
  const [first] = contents;
  if (first === undefined) return undefined;
  return {
    type: [...new Set(contents.map((row) => row.type))].join('+'),
    ...(first.label === null ? {} : { label: first.label }),
    ...(first.uuid === null ? {} : { uuid: first.uuid }),
  };
}

function tableTypeOf(type: string | undefined): 'gpt' | 'dos' | undefined {
  return type === 'gpt' || type === 'dos' ? type : undefined;
}

async function readEntries(host: Host, disk: BlockDevice): Promise<Map<number, GptPartition>> {
  const file = await host.files.open(disk.path, 'r');
  try {
    const reading = await decodeGpt(file, disk.logicalSectorSize);
    return new Map(reading?.table.partitions.map((partition) => [partition.number, partition]));
  } finally {
    await file.close();
  }
}

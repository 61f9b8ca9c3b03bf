/** The block devices of a machine as lsblk (util-linux 2.38) tells them: run and parse. */
import { z } from 'zod';
import { OpsError, refused } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import type { DiskFacts } from '../facts.ts';

type SameAsFacts =
  | 'path'
  | 'size'
  | 'logicalSectorSize'
  | 'physicalSectorSize'
  | 'model'
  | 'serial'
  | 'transport'
  | 'removable'
  | 'readOnly'
  | 'signature';

/** A disk, a partition, or what is stacked on one. */
export interface BlockDevice extends Pick<DiskFacts, SameAsFacts> {
  /** Kernel name, also in /sys/class/block: `nvme0n1p2`. */
  readonly kernelName: string;
  /** `major:minor` */
  readonly number: string;
  /** disk, part, rom, loop, lvm, crypt, mpath, raid1, … */
  readonly type: string;
  /** Bytes from the start of the disk; of partitions only. */
  readonly start?: number;
  /** Of the disk, of any kind; lsblk repeats it for partitions. */
  readonly tableType?: string;
  readonly partitionType?: string;
  readonly partitionName?: string;
  /** Partitions and what is stacked on the device. A device with two below it comes twice in the tree. */
  readonly children: readonly BlockDevice[];
}

const columns = [
  'KNAME',
  'PATH',
  'MAJ:MIN',
  'TYPE',
  'SIZE',
  'START',
  'LOG-SEC',
  'PHY-SEC',
  'MODEL',
  'SERIAL',
  'TRAN',
  'RM',
  'RO',
  'PTTYPE',
  'PARTTYPE',
  'PARTLABEL',
  'FSTYPE',
  'LABEL',
  'UUID',
] as const;

const tries = 3;
const pauseMs = 200;

/**
 * Asks lsblk for every device with a size. Needs no root, but sees signatures only as far as udev does then. A device
 * that goes while lsblk looks at it has a name and nothing else: then it looks again.
 */
export async function listBlockDevices(host: Host): Promise<BlockDevice[]> {
  for (let left = tries - 1; ; left -= 1)
    try {
      return await listOnce(host);
    } catch (error) {
      if (left === 0 || !(error instanceof OpsError) || error.code !== 'lsblk-output') throw error;
      await host.clock.sleep(pauseMs);
    }
}

async function listOnce({ processes }: Host): Promise<BlockDevice[]> {
  const { stdout } = await processes.run(
    'lsblk',
    ['--json', '--tree', '--bytes', '--output', columns.join(',')],
    {
      timeoutMs: 60_000,
      // With no block device at all it fails and prints nothing.
      okCodes: [0, 1],
    },
  );
  return stdout.trim() === '' ? [] : parseLsblk(stdout);
}

/** Versions differ in whether numbers are numbers. */
const count = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]);
const flag = z.union([z.boolean(), z.enum(['0', '1']).transform((text) => text === '1')]);
const text = z
  .string()
  .nullable()
  .optional()
  .transform((value) => value?.trim() || undefined);

const device = z.object({
  kname: z.string(),
  path: z.string(),
  'maj:min': z.string().transform((value) => value.trim()),
  type: z.string(),
  size: count.nullable().transform((value) => value ?? 0),
  start: count.nullable().optional(),
  'log-sec': count,
  'phy-sec': count,
  model: text,
  serial: text,
  tran: text,
  rm: flag,
  ro: flag,
  pttype: text,
  parttype: text,
  partlabel: text,
  fstype: text,
  label: text,
  uuid: text,
  get children() {
    return z.array(device).optional();
  },
});
type Row = z.infer<typeof device>;
const output = z.object({ blockdevices: z.array(device) });

/** Parses what `lsblk --json --bytes` printed; throws OpsError `lsblk-output` (refused) for anything else. */
export function parseLsblk(json: string): BlockDevice[] {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (cause) {
    throw refused('lsblk-output', 'lsblk did not print JSON', { cause });
  }
  const parsed = output.safeParse(value);
  if (!parsed.success)
    throw refused('lsblk-output', 'lsblk printed output that this opsctl does not understand', {
      details: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`),
    });
  return parsed.data.blockdevices.map(fromRow);
}

/** START is in units of 512 bytes whatever the sectors of the disk are, as in sysfs. */
const startUnit = 512;

function fromRow(row: Row): BlockDevice {
  return {
    kernelName: row.kname,
    path: row.path,
    number: row['maj:min'],
    type: row.type,
    size: row.size,
    ...(typeof row.start === 'number' ? { start: row.start * startUnit } : {}),
    logicalSectorSize: row['log-sec'],
    physicalSectorSize: row['phy-sec'],
    ...optional('model', row.model),
    ...optional('serial', row.serial),
    ...optional('transport', row.tran),
    removable: row.rm,
    readOnly: row.ro,
    ...optional('tableType', row.pttype),
    ...optional('partitionType', row.parttype?.toLowerCase()),
    ...optional('partitionName', row.partlabel),
    ...(row.fstype === undefined
      ? {}
      : { signature: { type: row.fstype, ...optional('label', row.label), ...optional('uuid', row.uuid) } }),
    children: (row.children ?? []).map(fromRow),
  };
}

function optional<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return (value === undefined ? {} : { [key]: value }) as { [P in K]?: string };
}

/** Every device of a tree, each once, parents before children. */
export function flatten(devices: readonly BlockDevice[]): BlockDevice[] {
  const all = new Map<string, BlockDevice>();
  const visit = (device: BlockDevice): void => {
    all.set(device.kernelName, all.get(device.kernelName) ?? device);
    device.children.forEach(visit);
  };
  devices.forEach(visit);
  return [...all.values()];
}

/**
 * A machine with one disk, whose bytes are an image file: opsctl's own probing looks at it through a host that
 * answers what a kernel and libblkid would say of such a disk. Partitions exist only where the kernel would see them:
 * behind a protective MBR and a sound primary table (block/partitions/efi.c, without the option gpt).
 */
import { basename } from 'node:path';
import type { DiskFacts } from '../../../src/disk/facts.ts';
import { probeDisks } from '../../../src/disk/probe/probe-disks.ts';
import type { GptPartition } from '../../../src/formats/partition-tables/gpt.ts';
import { decodeGpt } from '../../../src/formats/partition-tables/gpt-decode.ts';
import { decodeMbr, mbrSize } from '../../../src/formats/partition-tables/mbr.ts';
import type { Host, RunOptions, RunResult } from '../../../src/host/ports.ts';

const sectorSize = 512;
const disk = '/dev/vda';

export interface Region {
  /** `/dev/vda2` */
  readonly path: string;
  /** Bytes in the image. */
  readonly start: number;
  readonly size: number;
}

/** The partitions that the kernel makes of an image. */
export async function kernelPartitions(host: Host, image: string): Promise<(Region & GptPartition)[]> {
  const file = await host.files.open(image, 'r');
  try {
    if (decodeMbr(await file.read(0, mbrSize))?.protective !== true) return [];
    const reading = await decodeGpt(file, sectorSize).catch(() => undefined);
    if (reading?.from !== 'primary') return [];
    return reading.table.partitions.map((one) => ({
      ...one,
      path: `${disk}${one.number}`,
      start: one.firstLba * sectorSize,
      size: (one.lastLba - one.firstLba + 1) * sectorSize,
    }));
  } finally {
    await file.close();
  }
}

/** What `opsctl facts` says of the disk. */
export async function probeImage(host: Host, image: string): Promise<DiskFacts> {
  const partitions = await kernelPartitions(host, image);
  const [found] = await probeDisks(viewOf(host, image, partitions), undefined);
  if (found === undefined) throw new Error('the disk was not seen');
  return found;
}

/** A partition as mtools and as e2fsprogs name it inside of an image. */
export const forMtools = (image: string, { start }: Region) => `${image}@@${start}`;
export const forE2fsprogs = (image: string, { start }: Pick<Region, 'start'>) => `${image}?offset=${start}`;

type Tool = (args: readonly string[], options: RunOptions) => Promise<RunResult>;

function viewOf(host: Host, image: string, partitions: readonly (Region & GptPartition)[]): Host {
  const { files, processes } = host;
  const region = (path: string) => {
    const found = partitions.find((one) => one.path === path);
    if (found === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
    return found;
  };
  const replaced = (args: readonly string[], name: (image: string, region: Region) => string) =>
    args.map((word) => (word.startsWith(disk) ? name(image, region(word)) : word));
  const tools: Readonly<Record<string, Tool>> = {
    lsblk: async () => printed(JSON.stringify({ blockdevices: [await lsblkRow(host, image, partitions)] })),
    wipefs: async (args) => {
      const paths = args.filter((word) => word.startsWith(disk));
      const rows = await Promise.all(
        paths.map((path) => (path === disk ? ofDisk(host, image) : ofPartition(host, image, region(path)))),
      );
      return printed(JSON.stringify({ signatures: rows.flat() }));
    },
    mtype: (args, options) => processes.run('mtype', replaced(args, forMtools), options),
    debugfs: (args, options) => processes.run('debugfs', replaced(args, forE2fsprogs), options),
  };
  return {
    ...host,
    files: {
      ...files,
      open: (path, flags) => files.open(path === disk ? image : path, flags),
      readText: async (path) => (path.startsWith('/proc/') ? '' : files.readText(path)),
      list: async (path) => (/^\/(dev|sys)\//.test(path) ? [] : files.list(path)),
    },
    processes: {
      ...processes,
      which: async (command) => (command in tools ? command : undefined),
      run: (command, args, options = {}) => {
        const tool = tools[command];
        if (tool === undefined) throw new Error(`probing is not expected to run ${command}`);
        return tool(args, options);
      },
    },
  };
}

const printed = (stdout: string): RunResult => ({ exitCode: 0, stdout, stderr: '' });

async function lsblkRow(host: Host, image: string, partitions: readonly (Region & GptPartition)[]) {
  const row = (path: string, number: number, more: object) => ({
    ...{
      kname: basename(path),
      path,
      'maj:min': `254:${number}`,
      'log-sec': sectorSize,
      'phy-sec': sectorSize,
    },
    ...{ rm: false, ro: false, model: null, serial: null, tran: 'virtio', pttype: null },
    ...more,
  });
  const size = (await host.files.stat(image))?.size ?? 0;
  return row(disk, 0, {
    type: 'disk',
    size,
    children: partitions.map((one) =>
      row(one.path, one.number, { type: 'part', size: one.size, start: one.start / 512 }),
    ),
  });
}

/** What wipefs itself says of the whole image. */
async function ofDisk(host: Host, image: string): Promise<object[]> {
  const columns = 'DEVICE,TYPE,USAGE,LABEL,UUID';
  const { stdout } = await host.processes.run('wipefs', ['--json', '--output', columns, image]);
  const rows: object[] = stdout.trim() === '' ? [] : JSON.parse(stdout).signatures;
  return rows.map((row) => ({ ...row, device: basename(disk) }));
}

/** wipefs looks at whole files only; blkid asks the same library about a part of one. */
async function ofPartition(host: Host, image: string, { path, start, size }: Region): Promise<object[]> {
  const { exitCode, stdout } = await host.processes.run(
    'blkid',
    ['--probe', '--offset', `${start}`, '--size', `${size}`, '--output', 'export', image],
    // 2: nothing was found; 8: several signatures contradict each other.
    { okCodes: [0, 2, 8] },
  );
  if (exitCode === 8)
    return [{ device: basename(path), type: 'several', usage: null, label: null, uuid: null }];
  const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(stdout)?.[1] ?? null;
  const type = value('TYPE');
  if (type === null) return [];
  return [
    { device: basename(path), type, usage: value('USAGE'), label: value('LABEL'), uuid: value('UUID') },
  ];
}

/**
 * A fake root whose system lies on a disk with real FAT file systems, made by mkfs.vfat and mtools, as sysfs and /dev show
 * it: each partition is a file, and the disk one with the table.
 */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { ExecutionContext } from 'ava';
import { keptFolder, tool } from '../../formats/support.ts';
import { type FakeRoot, fakeRoot } from '../fake-root.ts';

export interface MadeVolume {
  readonly label?: string;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Of mkfs.vfat; 12 when left out. */
  readonly bits?: '12' | '16' | '32';
  /** As sfdisk names it; `c`, which flashers use, when left out. */
  readonly type?: string;
  /** Anything but FAT. */
  readonly other?: true;
}

const sizes = { '12': 512, '16': 9 * 1024, '32': 36 * 1024 } as const;

/** Numbers from 1; the last partition holds the state. */
export async function bootDisk(
  t: ExecutionContext,
  volumes: readonly MadeVolume[],
  { disk = 'mmcblk0', table = 'dos', live = false } = {},
): Promise<FakeRoot> {
  const part = (number: number) => `${disk}${/\d$/.test(disk) ? 'p' : ''}${number}`;
  const state = part(volumes.length + 1);
  const boot: Record<string, string> = live
    ? { medium: `/dev/${disk}` }
    : { mode: 'disk', state: `/dev/${state}` };
  const fake = await fakeRoot(t, boot);
  addDisk(fake.root, disk, [...volumes, { other: true }], table);
  return fake;
}

/** One more disk of the same machine. */
export function addDisk(root: string, disk: string, volumes: readonly MadeVolume[], table = 'dos'): void {
  const part = (number: number) => `${disk}${/\d$/.test(disk) ? 'p' : ''}${number}`;
  const device = join(root, 'dev', disk);
  mkdirSync(join(root, 'dev'), { recursive: true });
  const rows = volumes.map(({ type = table === 'dos' ? 'c' : 'L' }) => `size=1MiB, type=${type}`);
  const script = `label: ${table}\n${rows.join('\n')}\n`;
  const original = tables.get(script) ?? madeTable(script, volumes.length + 3);
  tables.set(script, original);
  copyFileSync(original, device);
  const folder = join(root, 'sys/devices/platform/host/block', disk);
  put(join(folder, 'queue/logical_block_size'), '512\n');
  link(root, disk, folder);
  for (const [index, volume] of volumes.entries()) {
    const name = part(index + 1);
    put(join(folder, name, 'partition'), `${index + 1}\n`);
    link(root, name, join(folder, name));
    fill(join(root, 'dev', name), volume);
  }
}

const tables = new Map<string, string>();

function madeTable(script: string, mebibytes: number): string {
  const path = join(keptFolder(), 'disk');
  writeFileSync(path, '');
  truncateSync(path, mebibytes * 2 ** 20);
  execFileSync('/usr/sbin/sfdisk', ['--quiet', path], { input: script });
  return path;
}

function put(path: string, text: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function link(root: string, name: string, folder: string): void {
  mkdirSync(join(root, 'sys/class/block'), { recursive: true });
  // As in sysfs, relative: a program may see this root as its own.
  symlinkSync(relative(join(root, 'sys/class/block'), folder), join(root, 'sys/class/block', name));
}

function fill(path: string, { label, files = {}, bits = '12', other }: MadeVolume): void {
  if (other) {
    writeFileSync(path, Buffer.alloc(64 * 1024, 'not a FAT'));
    return;
  }
  // The programs are run once for what many tests have.
  const key = JSON.stringify([label, bits, Object.entries(files)]);
  const original = volumes.get(key) ?? madeVolume(label, files, bits);
  volumes.set(key, original);
  copyFileSync(original, path);
}

const volumes = new Map<string, string>();

function madeVolume(
  label: string | undefined,
  files: NonNullable<MadeVolume['files']>,
  bits: keyof typeof sizes,
): string {
  const folder = keptFolder();
  const [path, from] = [join(folder, 'volume'), join(folder, 'file')];
  const labelled = label === undefined ? [] : ['-n', label];
  tool('mkfs.vfat', '-C', '-F', bits, ...labelled, path, `${sizes[bits]}`);
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(from, content);
    tool('mcopy', '-i', path, from, `::/${name}`);
  }
  return path;
}

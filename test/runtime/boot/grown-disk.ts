/** A machine whose disk was copied from the image of a smaller one; its kernel looks at the table that is on the disk. */
import { truncateSync } from 'node:fs';
import type { ExecutionContext } from 'ava';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { decodeGpt } from '../../../src/formats/partition-tables/gpt-decode.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { Host } from '../../../src/host/ports.ts';

const real = linuxHost();
const { files, processes } = real;
export const MiB = 2 ** 20;
export const marker = 'run/bos/state/bos/system/growpart';

/** A machine whose disk `disk` of 64 MiB was copied from an image of 24 MiB, its state on partition 2. */
export async function copied(t: ExecutionContext, disk: string, partition: string, text: string) {
  const root = await files.makeTempDir('bos-grow-');
  t.teardown(() => files.remove(root));
  const device = `${root}/dev/${disk}`;
  await files.makeDir(`${root}/dev`);
  await processes.run('truncate', ['-s', `${24 * MiB}`, device]);
  await processes.run('sgdisk', ['-n', '1:2048:+2M', '-n', '2:0:0', device]);
  const before = await gpt(device);
  const sizes = before?.partitions.map((one) => (one.lastLba - one.firstLba + 1) * 512) ?? [];
  truncateSync(device, 64 * MiB);
  await processes.run('truncate', ['-s', `${sizes[1]}`, `${root}/dev/${partition}`]);
  await processes.run('mkfs.ext4', ['-q', `${root}/dev/${partition}`]);

  const sysfs = `${root}/sys/devices/bus/${disk}`;
  await files.makeDir(`${sysfs}/queue`);
  await files.makeDir(`${sysfs}/${partition}`);
  await files.makeDir(`${root}/sys/class/block`);
  await files.symlink(`../../devices/bus/${disk}`, `${root}/sys/class/block/${disk}`);
  await files.symlink(`../../devices/bus/${disk}/${partition}`, `${root}/sys/class/block/${partition}`);
  await files.write(`${sysfs}/size`, `${(64 * MiB) / 512}\n`);
  await files.write(`${sysfs}/queue/logical_block_size`, '512\n');
  await files.write(`${sysfs}/${partition}/partition`, '2\n');
  await files.write(`${sysfs}/${partition}/size`, `${(sizes[1] ?? 0) / 512}\n`);
  await files.makeDir(`${root}/run/bos/state/bos/system`);
  await files.write(`${root}/${marker}`, text);

  const ran: string[] = [];
  const failing = new Set<string>();
  const run: Host['processes']['run'] = async (command, args, options) => {
    ran.push([command, ...args].join(' '));
    if (failing.has(command)) throw new Error(`${command} failed`);
    if (command === 'sync') return { exitCode: 0, stdout: '', stderr: '' };
    if (command === 'resize2fs')
      return processes.run('resize2fs', ['-f', ...args.map((path) => `${root}${path}`)], options);
    // The kernel: it looks at the table that is on the disk.
    if (command !== 'partx') throw new Error(`no ${command} here`);
    const entry = (await gpt(device))?.partitions.find(({ number }) => number === 2);
    const sectors = entry === undefined ? 0 : entry.lastLba - entry.firstLba + 1;
    await files.write(`${sysfs}/${partition}/size`, `${sectors}\n`);
    truncateSync(`${root}/dev/${partition}`, sectors * 512);
    return { exitCode: 0, stdout: '', stderr: '' };
  };
  const host: Host = { ...real, processes: { ...processes, run } };
  return { root, host, device, state: `/dev/${partition}`, ran, failing };
}

export async function gpt(device: string) {
  return (await decodeGpt(fromBytes(await files.read(device)), 512))?.table;
}

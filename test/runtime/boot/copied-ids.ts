/** A machine whose disk was copied: the ids of table, ESP and state are those of the original. */
import type { ExecutionContext } from 'ava';
import {
  environmentPath,
  parseBootEnvironment,
  renderBootEnvironment,
} from '../../../src/boot/environment.ts';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { probeExt4 } from '../../../src/formats/filesystems/ext4.ts';
import { probeFat } from '../../../src/formats/filesystems/fat/boot-sector.ts';
import { readFatFile } from '../../../src/formats/filesystems/fat/file.ts';
import { decodeGpt } from '../../../src/formats/partition-tables/gpt-decode.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { Host } from '../../../src/host/ports.ts';

const real = linuxHost();
const { files, processes } = real;
export const old = '55555555-5555-4555-8555-555555555555';
export const marker = 'run/bos/state/bos/system/new-identity';
export const devices = { state: '/dev/vda3', esp: '/dev/vda2' };

export async function copied(t: ExecutionContext) {
  const root = await files.makeTempDir('bos-identity-');
  t.teardown(() => files.remove(root));
  for (const folder of ['dev', 'sys/class/block', 'sys/devices/vda/queue', 'sys/devices/vda/vda3'])
    await files.makeDir(`${root}/${folder}`);
  const [disk, esp, state] = ['vda', 'vda2', 'vda3'].map((name) => `${root}/dev/${name}`) as [
    string,
    string,
    string,
  ];
  await processes.run('truncate', ['-s', '24M', disk]);
  await processes.run('sgdisk', ['-n', '1:2048:+1M', '-n', '2:0:+8M', '-n', '3:0:0', disk]);
  await processes.run('mkfs.fat', ['-C', '-F', '32', '-s', '1', '-i', '1a2b3c4d', esp, '40000']);
  await processes.run('mmd', ['-i', esp, '::/EFI', '::/EFI/debian']);
  const environment = { mark: 'valid', stateUuid: old, kernel: '6', os: '1', dcp: null, others: {} } as const;
  await files.write(`${root}/grubenv`, renderBootEnvironment(environment));
  await processes.run('mcopy', ['-i', esp, `${root}/grubenv`, `::/${environmentPath}`]);
  await processes.run('truncate', ['-s', '8M', state]);
  await processes.run('mkfs.ext4', ['-q', '-U', old, '-O', 'metadata_csum,metadata_csum_seed', state]);
  const sysfs = `${root}/sys/devices/vda`;
  await files.symlink('../../devices/vda/vda3', `${root}/sys/class/block/vda3`);
  for (const [path, text] of [
    ['size', '49152'],
    ['queue/logical_block_size', '512'],
    ['vda3/partition', '3'],
    ['vda3/size', '16384'],
  ] as const)
    await files.write(`${sysfs}/${path}`, `${text}\n`);
  await files.makeDir(`${root}/run/bos/state/bos/system`);
  await files.write(`${root}/${marker}`, '');
  const done: string[] = [];
  const run: Host['processes']['run'] = async (command, args, options) => {
    done.push([command, ...args].join(' ').replaceAll(root, 'ROOT'));
    if (command === 'sync') return { exitCode: 0, stdout: '', stderr: '' };
    return processes.run(
      command,
      args.map((arg) => (arg.startsWith('/dev/') ? `${root}${arg}` : arg)),
      options,
    );
  };
  const host: Host = { ...real, processes: { ...processes, run } };
  return { root, host, done };
}

export async function seen(root: string) {
  const source = async (name: string) => fromBytes(await files.read(`${root}/dev/${name}`));
  const table = await decodeGpt(await source('vda'), 512);
  const esp = await source('vda2');
  return {
    faults: table?.faults,
    guids: [table?.table.diskGuid, ...(table?.table.partitions.map(({ guid }) => guid) ?? [])],
    serial: (await probeFat(esp))?.serial,
    state: (await probeExt4(await source('vda3')))?.uuid,
    environment: parseBootEnvironment((await readFatFile(esp, environmentPath)) ?? new Uint8Array()),
  };
}

/**
 * A copied disk gets ids of its own: drawn once, in an order in which the boot loader finds the state file system at
 * every moment, and the same after a boot that was cut short.
 */
import test, { type ExecutionContext } from 'ava';
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
import { wantsIdentity } from '../../../src/runtime/boot/image-markers.ts';
import { takeIdentity } from '../../../src/runtime/boot/new-identity.ts';

const real = linuxHost();
const { files, processes } = real;
const old = '55555555-5555-4555-8555-555555555555';
const marker = 'run/bos/state/bos/system/new-identity';
const devices = { state: '/dev/vda3', esp: '/dev/vda2' };

async function copied(t: ExecutionContext) {
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

async function seen(root: string) {
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

test('all ids become others; both of the file system are known until the next boot', async (t) => {
  const { root, host } = await copied(t);
  const before = await seen(root);
  t.true(await wantsIdentity(host, root));
  await takeIdentity(host, root, devices);
  const after = await seen(root);
  t.deepEqual(after.faults, []);
  t.is(new Set([...before.guids, ...after.guids]).size, 8);
  t.not(after.serial, before.serial);
  t.not(after.state, old);
  t.is(after.environment.stateUuid, old);
  t.deepEqual(after.environment.others, { bos_next_state_uuid: `${after.state}` });
  for (const [tool, ...args] of [
    ['e2fsck', '-fn', `${root}/dev/vda3`],
    ['fsck.fat', '-n', `${root}/dev/vda2`],
    ['sgdisk', '-v', `${root}/dev/vda`],
  ] as const)
    await t.notThrowsAsync(processes.run(tool, args), tool);
  t.true(await wantsIdentity(host, root), 'the next boot has something to do');

  await takeIdentity(host, root, devices);
  const settled = await seen(root);
  t.deepEqual(settled, {
    ...after,
    environment: { ...after.environment, stateUuid: `${after.state}`, others: {} },
  });
  t.false(await wantsIdentity(host, root));
});

test('the boot loader knows the new id before the file system has it', async (t) => {
  const { root, host } = await copied(t);
  const run: Host['processes']['run'] = async (command, args, options) => {
    if (command === 'tune2fs') {
      const { environment } = await seen(root);
      t.is(environment.others.bos_next_state_uuid, args[1]);
      t.is(environment.stateUuid, old);
    }
    return host.processes.run(command, args, options);
  };
  await takeIdentity({ ...host, processes: { ...host.processes, run } }, root, devices);
});

test('a boot that was cut short at any write goes on with the same ids', async (t) => {
  for (let allowed = 0; allowed < 40; allowed += 1) {
    const { root, host } = await copied(t);
    let left = allowed;
    const cut: Host = {
      ...host,
      files: {
        ...host.files,
        open: async (path, flags) => {
          const file = await host.files.open(path, flags);
          const write = async (offset: number, data: Uint8Array) => {
            left -= 1;
            if (left < 0) throw new Error('the power is gone');
            await file.write(offset, data);
          };
          const { size, read, readInto, sync, dropCache, close } = file;
          return { size, read, readInto, sync, dropCache, close, write };
        },
      },
    };
    const whole = await takeIdentity(cut, root, devices).then(
      () => true,
      () => false,
    );
    const drawn = JSON.parse(await files.readText(`${root}/${marker}`));
    const { environment, state } = await seen(root);
    t.true([environment.stateUuid, environment.others.bos_next_state_uuid].includes(`${state}`));
    if (whole) return;
    await takeIdentity(host, root, devices);
    const after = await seen(root);
    t.is(after.state, drawn.state);
    t.deepEqual(after.guids, [drawn.disk, ...drawn.partitions]);
    t.deepEqual(after.faults, []);
  }
  t.fail('it never ended');
});

test('a file system that keeps its id is a failure, and is tried again', async (t) => {
  const { root, host } = await copied(t);
  const run: Host['processes']['run'] = async (command, args, options) =>
    command === 'tune2fs'
      ? { exitCode: 0, stdout: '', stderr: '' }
      : host.processes.run(command, args, options);
  const deaf = { ...host, processes: { ...host.processes, run } };
  await t.throwsAsync(takeIdentity(deaf, root, devices), { code: 'identity-failed' });
  t.true(await wantsIdentity(host, root));
  await t.notThrowsAsync(takeIdentity(host, root, devices));
});

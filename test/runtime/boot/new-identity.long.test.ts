/**
 * A copied disk gets ids of its own: drawn once, in an order in which the boot loader finds the state file system at
 * every moment, and the same after a boot that was cut short.
 */
import test from 'ava';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { Host } from '../../../src/host/ports.ts';
import { wantsIdentity } from '../../../src/runtime/boot/image-markers.ts';
import { takeIdentity } from '../../../src/runtime/boot/new-identity.ts';

import { copied, devices, marker, old, seen } from './copied-ids.ts';

const { files, processes } = linuxHost();

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

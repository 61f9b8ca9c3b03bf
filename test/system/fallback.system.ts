/** bos.fallback_mode=install: installs on an empty machine, boots what is installed, never touches what is damaged. */
import { strict as assert } from 'node:assert';
import { probeExt4 } from '../../src/formats/ext4.ts';
import { bootLimit, ok, pxeSet, switchOff, target } from './boots.ts';
import { openPartition, partitionsOf } from './disk-images.ts';
import type { SystemTest } from './support.ts';

export const issue = 2;

const words = [
  'bos.fallback_mode=install',
  'bos.install.silent',
  'bos.install.power_off',
  'bos.password=open',
];

export const tests: SystemTest[] = [
  {
    name: 'fallback: an empty disk is installed, an installed one boots, a late one is waited for, a damaged one is left alone',
    seconds: 215,
    run: async (t) => {
      const disk = await target(t, 'virtio');
      const machine = { memory: 768, disks: [disk], kernel: pxeSet(t, ...words) };
      const first = await t.start(machine);
      await first.awaitText(/is installed on/, bootLimit);
      assert.deepEqual(await first.awaitExit(90_000), { exitCode: 0, signal: null });

      const second = await t.start(machine);
      await second.awaitText('disks: valid', bootLimit);
      await second.login('bhojpur', { ...bootLimit, password: 'open' });
      const boot = JSON.parse(await ok(second, 'cat /run/bos/boot.json'));
      assert.equal(boot.mode, 'disk');
      assert.equal(boot.state, '/dev/vda3');
      await switchOff(second);

      // The same disk, asked for by its UUID, comes late.
      const [, , late] = await partitionsOf(disk.file);
      assert.ok(late);
      const info = await probeExt4(openPartition(disk.file, late));
      assert.ok(info);
      const slow = await t.start({
        memory: 768,
        hotplug: true,
        kernel: pxeSet(t, 'bos.mode=disk', `bos.state=${info.uuid}`),
      });
      await slow.awaitText('waiting for the state partition', bootLimit);
      await slow.plug(disk);
      await slow.login('bhojpur', { ...bootLimit, password: 'open' });
      await switchOff(slow);

      // One file of the deployment is gone: damaged, though the mark is valid.
      const [, , state] = await partitionsOf(disk.file);
      assert.ok(state);
      const device = `${disk.file}?offset=${state.firstLba * 512}`;
      await t.host.processes.run('debugfs', ['-w', '-R', `rm ${await rootfsPath(t.host, device)}`, device]);
      const before = await digest(t.host, disk.file);
      const third = await t.start(machine);
      await third.awaitText(/disks: damaged .*rootfs.squashfs/, bootLimit);
      await third.awaitText('RESCUE: an installation was found that is not whole');
      await third.awaitText(/# $/);
      await ok(third, 'opsctl --version');
      await third.close();
      assert.equal(await digest(t.host, disk.file), before, 'nothing was written to the damaged disk');
    },
  },
];

type Host = Parameters<SystemTest['run']>[0]['host'];

async function rootfsPath(host: Host, device: string): Promise<string> {
  const { stdout } = await host.processes.run('debugfs', ['-R', 'ls -p /bos/system/os', device]);
  const version = /\/(\d+\.[^/]+)\//.exec(stdout)?.[1];
  assert.ok(version, stdout);
  return `/bos/system/os/${version}/rootfs.squashfs`;
}

async function digest(host: Host, path: string): Promise<string> {
  return (await host.processes.run('sha256sum', [path])).stdout.slice(0, 64);
}

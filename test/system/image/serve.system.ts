/**
 * Machines from ISOs that nobody stores: QEMU's CD drive reads `http://…/iso/NAME.iso` as a BMC's virtual media does, in
 * ranges, while `opsctl iso serve` puts them together.
 */
import { strict as assert } from 'node:assert';
import { basename, join } from 'node:path';
import { Base } from '../../../src/serve/iso/base.ts';
import { openStore } from '../../../src/serve/machines/store.ts';
import { serve } from '../../../src/serve/server.ts';
import type { DiskInput } from '../../../src/vm/machine.ts';
import { bootLimit, ended, isoOn, ok, target } from '../support/boots.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';

export const issue = 20;

/** Serves these machines from the ISO that was built; gives the address of one. */
async function served(t: SystemContext, machines: Readonly<Record<string, string>>) {
  const folder = join(t.folder, 'machines');
  await t.host.files.makeDir(folder);
  for (const [name, text] of Object.entries(machines))
    await t.host.files.write(join(folder, `${name}.yaml`), text);
  const iso = isoOn(t, 'cd').file;
  const faults: unknown[] = [];
  const serving = await serve({
    host: t.host,
    bases: [new Base(t.host, iso, basename(iso))],
    machines: await openStore(t.host.files, folder),
    ...{ address: '127.0.0.1', port: 0 },
    limits: { connections: 100, stallMs: 60_000, stopMs: 100, cacheBytes: 2 ** 25 },
    log: (line) => {
      if (line.error !== undefined) faults.push(line);
    },
  });
  const medium = (name: string): DiskInput => ({
    ...{ id: 'medium', bus: 'cd', readOnly: true },
    file: `http://127.0.0.1:${serving.port}/iso/${name}.iso`,
  });
  return { medium, faults, stop: () => serving.stop() };
}

const live: SystemTest = {
  name: 'served ISO: a live system from an address',
  seconds: 120,
  // QEMU's own client sometimes waits for an answer that it has read, whoever the server is: see clients.long.test.ts.
  soak: true,
  run: async (t) => {
    const { medium, faults, stop } = await served(t, {
      node1: 'config: {hostname: from-an-address}\nappend_kargs: [bos.served=node1]\n',
    });
    try {
      const system = await t.start({
        firmware: 'bios',
        memory: 1024,
        disks: [medium('node1')],
        network: null,
      });
      await system.login('bhojpur', bootLimit);
      t.log(`${system.mark('login')} ms to login`);
      assert.match(await ok(system, 'cat /proc/cmdline'), / bos\.served=node1( |\r|$)/m);
      assert.equal((await ok(system, 'cat /proc/sys/kernel/hostname')).trim(), 'from-an-address');
      assert.deepEqual(faults, []);
    } finally {
      await stop();
    }
  },
};

const machine = (name: string) =>
  `config:\n  hostname: ${name}\n  bos: {password: "of ${name}"}\ninstall: {device: /dev/vda, power_off: true}\n`;

const installed: SystemTest = {
  name: 'served ISO: two machines install with no hand, each from its own address, and their disks boot',
  seconds: 240,
  soak: true,
  run: async (t) => {
    const names = ['node1', 'node2'];
    const { medium, faults, stop } = await served(
      t,
      Object.fromEntries(names.map((name) => [name, machine(name)])),
    );
    try {
      for (const name of names) {
        const disk = {
          ...(await target(t, 'virtio')),
          file: await t.emptyDisk(`${name}.img`, 3e9 - (3e9 % 4096)),
        };
        const installer = await t.start({
          ...{ firmware: 'bios', memory: 1024, network: null },
          disks: [
            { ...medium(name), bootIndex: 0 },
            { ...disk, bootIndex: 1 },
          ],
        });
        await installer.awaitText(/is installed on/, bootLimit);
        await ended(installer);
        const system = await t.start({ firmware: 'bios', memory: 1024, disks: [disk], network: null });
        await system.login('bhojpur', { ...bootLimit, password: `of ${name}` });
        assert.equal(JSON.parse(await ok(system, 'cat /run/bos/boot.json')).mode, 'disk');
        assert.equal((await ok(system, 'cat /proc/sys/kernel/hostname')).trim(), name);
        await system.close({ keep: false });
      }
      assert.deepEqual(faults, []);
    } finally {
      await stop();
    }
  },
};

export const tests: SystemTest[] = [live, installed];

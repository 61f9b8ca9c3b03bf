/**
 * Machines from ISOs that nobody stores: QEMU's CD drive reads `http://…/iso/NAME.iso` as a BMC's virtual media does, in
 * ranges, while `opsctl iso serve` puts them together.
 */
import { strict as assert } from 'node:assert';
import { basename, join } from 'node:path';
import { Base } from '../../../src/serve/iso/base.ts';
import { openStore } from '../../../src/serve/machines/open-store.ts';
import type { LogLine } from '../../../src/serve/options.ts';
import { historyOf } from '../../../src/serve/reports/history.ts';
import { memoryStore } from '../../../src/serve/reports/memory-store.ts';
import { type Serving, serve } from '../../../src/serve/server.ts';
import { ownIdentity } from '../../../src/serve/tls.ts';
import type { DiskInput } from '../../../src/vm/machine.ts';
import { bootLimit, ended, isoOn, ok, target } from '../support/boots.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';

export const issue = 20;

/** Where a machine reaches its host through QEMU's own network. */
const hostInside = '10.0.2.2';

/**
 * Serves these machines from the ISO that was built; gives the address of one. ISOs by HTTP, as QEMU takes no certificate of
 * ours; reports by HTTPS, to another server with the same store, whose certificate is pinned.
 */
async function served(t: SystemContext, machines: Readonly<Record<string, string>>) {
  const folder = join(t.folder, 'machines');
  await t.host.files.makeDir(folder);
  for (const [name, text] of Object.entries(machines))
    await t.host.files.write(join(folder, `${name}.yaml`), text);
  const iso = isoOn(t, 'cd').file;
  const faults: unknown[] = [];
  const log: LogLine[] = [];
  const reports = memoryStore(t.host.random);
  const { cert, key, fingerprint } = await ownIdentity(t.host);
  const common = {
    host: t.host,
    machines: await openStore(t.host.files, folder),
    ...{ address: '127.0.0.1', port: 0, reports },
    limits: { connections: 100, stallMs: 60_000, stopMs: 100, cacheBytes: 2 ** 25 },
    log: (line: LogLine) => {
      log.push(line);
      if (line.error !== undefined) faults.push(line);
    },
  };
  const bases = () => [new Base(t.host, iso, basename(iso))];
  const hearing: Serving = await serve({ ...common, bases: bases(), tls: { cert, key } });
  const serving = await serve({
    ...common,
    bases: bases(),
    reportTo: { url: `https://${hostInside}:${hearing.port}`, fingerprint },
  });
  const known = async (name: string) => historyOf(await reports.get(name));
  const url = (name: string) => `http://127.0.0.1:${serving.port}/iso/${name}.iso`;
  const medium = (name: string): DiskInput => ({
    ...{ id: 'medium', bus: 'cd', readOnly: true },
    file: url(name),
  });
  const stop = async () => void (await Promise.all([serving.stop(), hearing.stop()]));
  return { url, medium, faults, log, known, stop };
}

/**
 * What reads the ISO here is a disk of the firmware (INT 13h, Block I/O), by iPXE: GRUB and all that it loads come over HTTP. Linux has its own
 * drivers, for which there is no such disk.
 */
const sanboot = (firmware: 'bios' | 'uefi'): SystemTest => ({
  name: `served ISO: sanboot of iPXE by HTTP, ${firmware}, as far as the kernel and its initrd, which finds no such disk`,
  seconds: firmware === 'bios' ? 45 : 60,
  soak: true,
  run: async (t) => {
    const { url, faults, log, stop } = await served(t, {
      node1: 'append_kargs: [bos.served=node1, bos.state_wait=2]\n',
    });
    try {
      const folder = join(t.folder, 'tftp');
      await t.host.files.makeDir(folder);
      await t.host.files.write(
        join(folder, 'boot.ipxe'),
        `#!ipxe\ndhcp\nsanboot http://${hostInside}:${new URL(url('node1')).port}/iso/node1.iso\n`,
      );
      const session = await t.start({
        ...{ firmware, memory: firmware === 'bios' ? 512 : 1024 },
        network: { tftp: { folder, bootFile: 'boot.ipxe' } },
      });
      await session.awaitText('will be executed automatically', bootLimit);
      assert.ok(log.some(({ client, status }) => client === '127.0.0.1' && status === 206));
      await session.awaitText('bos: starting Bhojpur OS', bootLimit);
      await session.awaitText('RESCUE: no medium with Bhojpur OS was found', bootLimit);
      await session.awaitText(/# $/);
      assert.match(await ok(session, 'cat /proc/cmdline'), / bos\.served=node1( |\r|$)/m);
      const sent = log.reduce((sum, line) => sum + Number(line.sent ?? 0), 0);
      t.log(`${log.filter(({ status }) => status === 206).length} ranges, ${(sent / 1e6).toFixed(1)} MB`);
      assert.deepEqual(faults, []);
    } finally {
      await stop();
    }
  },
});

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
  name: 'served ISO: two machines install with no hand, each from its own address, and report that their disks have booted',
  seconds: 240,
  soak: true,
  run: async (t) => {
    const names = ['node1', 'node2'];
    const { medium, faults, known, stop } = await served(
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
          ...{ firmware: 'bios', memory: 1024 },
          disks: [
            { ...medium(name), bootIndex: 0 },
            { ...disk, bootIndex: 1 },
          ],
        });
        await installer.awaitText(/is installed on/, bootLimit);
        await ended(installer);
        const written = await known(name);
        assert.deepEqual(
          written.entries
            .filter(({ name: entry }) => !entry.endsWith('byte'))
            .map(({ name: entry }) => entry),
          ['booted-medium', 'installed'],
        );
        assert.equal(written.state, 'disk-written');
        const system = await t.start({ firmware: 'bios', memory: 1024, disks: [disk] });
        await system.login('bhojpur', { ...bootLimit, password: `of ${name}` });
        assert.equal(JSON.parse(await ok(system, 'cat /run/bos/boot.json')).mode, 'disk');
        assert.equal((await ok(system, 'cat /proc/sys/kernel/hostname')).trim(), name);
        // The secret is the root's alone, and gone when the disk has said that it has booted.
        await ok(system, 'for i in $(seq 120); do test -e /bos/system/report.json || break; sleep 1; done');
        assert.equal((await known(name)).state, 'installed');
        assert.match(await ok(system, 'ls /bos/system'), /config\.yaml/);
        assert.doesNotMatch(await ok(system, 'ls /bos/system'), /report\.json/);
        t.log(`${name}: ${(await known(name)).entries.map(({ name: entry }) => entry).join(', ')}`);
        await system.close({ keep: false });
      }
      assert.deepEqual(faults, []);
    } finally {
      await stop();
    }
  },
};

export const tests: SystemTest[] = [sanboot('bios'), sanboot('uefi'), live, installed];

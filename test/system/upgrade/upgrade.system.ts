/**
 * A node is upgraded from a disc, and all that it writes is logged once. The power is cut before and after the one sector
 * that commits: the old version is whole, or the new one proves itself, and the old one comes back when it is asked to.
 */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { bootedCoreLba } from '../../../src/boot/boot-sector.ts';
import { createImage } from '../../../src/image/create/create.ts';
import { withDisk } from '../../../src/image/disk.ts';
import type { Firmware } from '../../../src/vm/machine.ts';
import type { Session } from '../../../src/vm/session.ts';
import { chooseStates } from '../../power-cuts/states.ts';
import { bootLimit, isoOn, ok, switchOff } from '../support/boots.ts';
import type { Fixture, SystemContext, SystemTest } from '../support/machines.ts';
import { nextVersion } from '../support/upgrades/next-version.ts';
import {
  cutBefore,
  recordedUpgrade as fixture,
  kept,
  password,
  recorded,
  settled,
} from '../support/upgrades/recorded-upgrade.ts';

export const issue = 15;

/** In the boot code, behind its messages (GRUB's boot.S), before the disk's signature. */
const unusedByte = 437;
const seed = 20_261_129;
/** A disk with the version that was built. */
async function installedDisk(t: SystemContext, output: string): Promise<void> {
  const config = join(t.folder, 'config.yaml');
  await t.host.files.write(config, `bos:\n  password: ${password}\n`);
  await createImage(
    t.host,
    {
      ...{ from: isoOn(t, 'cd').file, output, format: 'raw', config, append: [] },
      ...{ allowNoLogin: false, force: false, checksums: false, size: 4e9 - (4e9 % 2 ** 20) },
    },
    { emit: () => {}, signal: new AbortController().signal },
  );
  // A boot loader of an older build, as far as its boot sector tells: an unused byte of its code.
  await withDisk(t.host, output, 'r+', (disk) => disk.write(unusedByte, Uint8Array.of(1)));
}

/** The new version, started from a disk whose power was cut with the one sector: to the end, and back. */
async function provesItself(t: SystemContext, firmware: Firmware): Promise<void> {
  const { commit, image, start } = await recorded(t);
  const disk = await image(cutBefore(commit + 1));
  const cores = [await coreOf(t, disk)];
  const session = await start(disk, firmware);
  const after = await settled(session);
  assert.equal(after.os, '9.0.0');
  assert.match(after.kernel, /^\d.*\+[0-9a-f]{8}$/);
  assert.deepEqual(after.tries, []);
  assert.equal(after.last?.end, 'proved', JSON.stringify(after.last));
  assert.equal(after.patchedVersion, '9.0.0');
  assert.match(
    await ok(session, 'cat /var/kept; sudo modprobe -n loop && echo modules'),
    /kept[\s\S]*modules/,
  );
  assert.match(
    await ok(session, 'sudo journalctl --no-pager -b -u bos-trial'),
    /The boot loader is that of 9\.0\.0 now/,
  );
  assert.match(await ok(session, 'sudo opsctl upgrade /dev/sr0'), /Nothing to do: this node runs 9\.0\.0/);

  assert.match(await ok(session, 'sudo opsctl rollback', bootLimit.timeoutMs), /The next start is of/);
  session.type('sudo systemctl reboot\n');
  const back = await settled(session);
  assert.notEqual(back.os, '9.0.0');
  assert.equal(back.last?.end, 'rolled-back');
  assert.match(
    await ok(session, 'sudo opsctl upgrade /dev/sr0 2>&1; echo code $?'),
    /returned from version 9\.0\.0[\s\S]*code 3/,
  );
  await switchOff(session);
  cores.push(await coreOf(t, disk));
  assert.notEqual(cores[0], cores[1], 'the new core image lies in the other half');
}

const coreOf = (t: SystemContext, image: string) =>
  withDisk(t.host, image, 'r', async (disk) => bootedCoreLba(await disk.read(0, 512)));

/** Which version it is; one is there, whole, with the data. */
async function startsWhole(session: Session): Promise<string> {
  const { os, last } = await settled(session);
  assert.match(await ok(session, 'cat /var/kept'), /kept/);
  assert.ok(os !== '9.0.0' || last?.end === 'proved', JSON.stringify(last));
  return os;
}

export const fixtures: Fixture[] = [
  {
    name: fixture,
    seconds: 100,
    make: async (t) => {
      const [before, after, log] = [kept.before, kept.after, kept.log].map((name) =>
        join(t.folder, name),
      ) as [string, string, string];
      await t.host.files.rename(
        await nextVersion(t, isoOn(t, 'cd').file, '9.0.0'),
        join(t.folder, kept.next),
      );
      await installedDisk(t, before);
      await t.host.processes.run('cp', ['--sparse=always', before, after]);
      await t.host.processes.run('truncate', ['--size', '8G', log]);
      const session = await t.start({
        ...{ firmware: 'bios', memory: 512 },
        disks: [
          { id: 'disk', file: after, bus: 'virtio', log },
          { id: 'next', file: join(t.folder, kept.next), bus: 'cd', readOnly: true },
        ],
      });
      const found = await settled(session);
      assert.deepEqual(
        found.deployments.map(({ roles }) => roles),
        [['running', 'next']],
      );
      await ok(session, 'echo kept | sudo tee /var/kept && sync');
      const upgraded = await ok(session, 'sudo opsctl upgrade /dev/sr0', bootLimit.timeoutMs);
      assert.match(upgraded, /The next start is of 9\.0\.0/);
      assert.match(upgraded, new RegExp(`otherwise ${found.os} comes back`));
      t.log(`upgrade: ${session.mark('upgrade')} ms`);
      // The log is whole when QEMU has closed it.
      await session.close();
      await t.host.files.remove(after);
    },
  },
];

export const tests: SystemTest[] = [
  {
    name: 'upgrade: the power cut before its one sector leaves the old version',
    seconds: 45,
    uses: [fixture],
    run: async (t) => {
      const { commit, image, start } = await recorded(t);
      const session = await start(await image(cutBefore(commit)));
      assert.notEqual(await startsWhole(session), '9.0.0');
      await switchOff(session);
    },
  },
  {
    name: 'upgrade: from a disc, cut with its one sector, the new version proves itself; and back by hand',
    seconds: 120,
    uses: [fixture],
    run: (t) => provesItself(t, 'bios'),
  },
  {
    name: 'upgrade: from a disc, by Secure Boot',
    seconds: 150,
    soak: true,
    uses: [fixture],
    run: (t) => provesItself(t, 'secureboot'),
  },
  {
    name: 'upgrade: from a disc, by UEFI',
    seconds: 150,
    soak: true,
    uses: [fixture],
    run: (t) => provesItself(t, 'uefi'),
  },
  {
    name: 'upgrade: ten states that a power cut leaves are booted',
    seconds: 500,
    soak: true,
    uses: [fixture],
    run: async (t) => {
      const { log, commit, image, start } = await recorded(t);
      const { entries } = log;
      // What the first boot did before is not of the upgrade.
      const from = Math.max(0, commit - 40);
      const all = chooseStates(entries, { between: 0, subsets: 1, flushes: 'all', seed });
      const near = all.filter(({ flushed }) => flushed >= from).slice(0, 10);
      for (const [index, state] of near.entries()) {
        const disk = await image(state);
        const session = await start(disk, index % 2 === 0 ? 'bios' : 'uefi');
        const os = await startsWhole(session);
        t.log(`${state.name}: ${os}`);
        await switchOff(session);
        await t.host.files.remove(disk);
      }
      t.figure('states booted', near.length);
    },
  },
];

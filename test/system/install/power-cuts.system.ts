/**
 * Power cuts: all that an installation in a virtual machine writes is logged once, then the disk is put into the
 * states that a cut can leave. They are judged without booting; some are booted.
 */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import type { Firmware } from '../../../src/vm/machine.ts';
import {
  type Campaign,
  imageOf,
  judgeStates,
  type Recording,
  recordingOf,
} from '../../power-cuts/campaign.ts';
import { chooseStates, type State } from '../../power-cuts/states.ts';
import { readWriteLog } from '../../power-cuts/write-log.ts';
import { appears, bootLimit, isoOn, ok, switchOff } from '../support/boots.ts';
import { fileSource } from '../support/disk-images.ts';
import type { Fixture, SystemContext, SystemTest } from '../support/machines.ts';

export const issue = 4;

const live = 'live prompt, BIOS';
const fresh = 'writes of an installation on an empty disk';
const over = 'writes of an installation over another';
const password = 'open';
/** The same in every run: what fails can be looked at again. */
const seed = 20_261_121;
/** A multiple of the largest sectors, and of no more. */
const diskSize = 3e9 - (3e9 % 4096);
const kept = { before: 'before.img', after: 'after.img', log: 'writes.log' } as const;

/** Installs on a disk that was like the image `before`, and keeps what it wrote in the folder of the fixture. */
async function record(t: SystemContext, before: string): Promise<void> {
  const { files, processes } = t.host;
  const after = join(t.folder, kept.after);
  const log = join(t.folder, kept.log);
  await processes.run('cp', [before, after]);
  await processes.run('truncate', ['--size', '4G', log]);
  const session = await t.resume(join(t.fixture(live), 'state'));
  const disk = await session.plug({ id: 'target', file: after, bus: 'virtio', serial: 'target', log });
  const path = '/dev/disk/by-id/virtio-target';
  await appears(session, path);
  await ok(session, 'sudo udevadm settle');
  await ok(session, `printf 'bos:\\n  password: ${password}\\n' > /tmp/config.yaml`);
  await ok(session, `sudo opsctl install ${path} --silent --config /tmp/config.yaml`, 180_000);
  // The log is whole when QEMU has closed it.
  await session.unplug(disk);
  await session.close();
  assert.ok(await files.exists(log));
}

async function recording(t: SystemContext, name: string): Promise<Recording> {
  const folder = t.fixture(name);
  const [before, after] = [join(folder, kept.before), join(folder, kept.after)];
  const log = await readWriteLog(fileSource(join(folder, kept.log)));
  // Nobody named an empty disk that is the only one; over a system the disk was named.
  const command = name === fresh ? {} : { device: '/dev/vda' };
  return recordingOf(t.host, t.folder, { before, after, log }, command);
}

function count(t: SystemContext, { notInstalled, whole, faults }: Campaign): void {
  t.log(`${notInstalled} states not installed, ${whole} whole, ${faults.length} neither`);
  t.figure('states not installed', notInstalled);
  t.figure('whole', whole);
  t.figure('neither', faults.length);
}

function requireNoFault(campaign: Campaign): void {
  const seen = campaign.faults.map(({ state, judgement }) => `${state.name}: ${judgement.faults.join('; ')}`);
  assert.deepEqual(seen, []);
}

/** Boots a disk that is not installed, with a medium as the next device: the firmware must come to that. */
async function comesToTheNext(t: SystemContext, image: string, firmware: Firmware): Promise<void> {
  const session = await t.start({
    firmware,
    memory: 512,
    disks: [{ id: 'target', file: image, bus: 'virtio', snapshot: true }, isoOn(t, 'cd')],
  });
  await session.awaitText(/Install Bhojpur OS/, bootLimit);
  await session.close();
}

async function boots(t: SystemContext, image: string, firmware: Firmware): Promise<void> {
  const session = await t.start({
    firmware,
    memory: 512,
    disks: [{ id: 'target', file: image, bus: 'virtio', snapshot: true }],
  });
  await session.login('bhojpur', { ...bootLimit, password });
  // The journal came along, up to the reading back of everything.
  const kept = await ok(session, 'sudo tail -n 2 /bos/system/install.log | head -n 1');
  assert.match(kept, /"type":"step-end".*"id":"verify-system","ok":true/);
  await switchOff(session);
}

/** Half way; before the last write, which sets the mark; and after it. */
function threeMoments({ log }: Recording): readonly [State, State, State] {
  const states = chooseStates(log.entries, { between: 0, subsets: 0, flushes: 2, seed });
  assert.equal(states.length, 3);
  return states as [State, State, State];
}

export const fixtures: Fixture[] = [
  {
    name: fresh,
    seconds: 40,
    uses: [live],
    make: async (t) => record(t, await t.emptyDisk(kept.before, diskSize)),
  },
  {
    name: over,
    seconds: 40,
    uses: [live, fresh],
    make: async (t) => {
      const before = join(t.folder, kept.before);
      await t.host.processes.run('cp', [join(t.fixture(fresh), kept.after), before]);
      await record(t, before);
    },
  },
];

export const tests: SystemTest[] = [
  {
    name: 'power cuts: 50 states of an installation are not installed or whole',
    seconds: 25,
    uses: [fresh],
    async run(t) {
      const recorded = await recording(t, fresh);
      const all = chooseStates(recorded.log.entries, { between: 18, subsets: 1, flushes: 16, seed });
      assert.ok(all.length >= 50, `${all.length} states`);
      const campaign = await judgeStates(t.host, t.folder, recorded, all);
      count(t, campaign);
      requireNoFault(campaign);
      assert.ok(campaign.whole > 0 && campaign.notInstalled > 0);
    },
  },
  {
    name: 'power cuts: half way, and one sector before the end, the firmware goes on to the next device',
    seconds: 25,
    uses: [fresh],
    async run(t) {
      const recorded = await recording(t, fresh);
      const [middle, before] = threeMoments(recorded);
      for (const state of [middle, before])
        await comesToTheNext(t, await imageOf(t.host, t.folder, recorded, state), 'bios');
    },
  },
  {
    name: 'power cuts: with the last sector the disk boots',
    seconds: 40,
    uses: [fresh],
    async run(t) {
      const recorded = await recording(t, fresh);
      const [, , after] = threeMoments(recorded);
      await boots(t, await imageOf(t.host, t.folder, recorded, after), 'bios');
    },
  },
  ...[fresh, over].map(
    (name): SystemTest => ({
      name: `power cuts: the campaign over ${name}`,
      seconds: 400,
      soak: true,
      uses: [name],
      async run(t) {
        const recorded = await recording(t, name);
        const { entries } = recorded.log;
        const states = chooseStates(entries, { between: 1000, subsets: 3, flushes: 'all', seed });
        const campaign = await judgeStates(t.host, t.folder, recorded, states);
        count(t, campaign);
        requireNoFault(campaign);
      },
    }),
  ),
  {
    name: 'power cuts: ten states are booted',
    seconds: 240,
    soak: true,
    uses: [fresh],
    async run(t) {
      const recorded = await recording(t, fresh);
      const choice = { between: 0, subsets: 0, flushes: 8, seed };
      const states = chooseStates(recorded.log.entries, choice);
      assert.equal(states.length, 9);
      for (const [index, state] of states.entries()) {
        const image = await imageOf(t.host, t.folder, recorded, state);
        const firmware = index % 2 === 0 ? 'uefi' : 'bios';
        if (index < 8) await comesToTheNext(t, image, firmware);
        else for (const each of ['bios', 'uefi'] as const) await boots(t, image, each);
        await t.host.files.remove(image);
      }
      t.figure('not installed: the firmware went on', 8);
      t.figure('whole: booted', 2);
    },
  },
];

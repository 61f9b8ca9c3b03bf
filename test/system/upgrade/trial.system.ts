/**
 * A new deployment that fails comes to an end by itself: one that is not healthy, one whose kernel panics, one that
 * hangs, and both at once. The disk is made by `opsctl image create`; the previous deployment on it is the same files by
 * another name, so that the initrd and `opsctl status` tell which one runs.
 */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { createImage } from '../../../src/image/create/create.ts';
import type { Session } from '../../../src/vm/session.ts';
import { bootLimit, isoOn, ok, switchOff } from '../support/boots.ts';
import { partitionsOf } from '../support/disk-images.ts';
import { changeEnvironment, environmentOf } from '../support/image-environment.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';

export const issue = 15;

const password = 'secret-of-the-trial';
/** What the previous deployment is called. */
const older = '0.0.1';
/** The kernel folder of a deployment whose initrd is damaged. */
const damaged = 'damaged';

interface Trial {
  readonly tries: string;
  /** A health check of the configuration. */
  readonly health?: string;
  readonly healthLimit?: number;
  /** Kernel arguments of every entry. */
  readonly append?: readonly string[];
  /** The kernel of the deployment on trial panics. */
  readonly panics?: boolean;
}

/** A disk with two deployments, one of them on trial. */
async function diskOnTrial(t: SystemContext, trial: Trial): Promise<string> {
  const output = join(t.folder, 'node.raw');
  const config = join(t.folder, 'config.yaml');
  const upgrade = { health: [trial.health ?? 'true'], health_limit: `${trial.healthLimit ?? 5}` };
  await t.host.files.write(config, `${JSON.stringify({ bos: { password, upgrade } })}\n`);
  await createImage(
    t.host,
    {
      ...{ from: isoOn(t, 'cd').file, output, format: 'raw', config, append: trial.append ?? [] },
      ...{ allowNoLogin: false, force: false, checksums: false },
    },
    { emit: () => {}, signal: new AbortController().signal },
  );
  const { kernel, os } = await environmentOf(t.host, output);
  const state = (await partitionsOf(output)).at(-1);
  const lines = [`symlink bos/system/os/${older} ${os}`];
  if (trial.panics) {
    const garbage = join(t.folder, 'initrd');
    await t.host.files.write(garbage, 'not an archive\n'.repeat(100));
    const folder = `bos/system/kernel/${damaged}`;
    lines.push(
      ...[`mkdir ${folder}`, `cd ${folder}`],
      ...[`symlink vmlinuz ../${kernel}/vmlinuz`, `write ${garbage} initrd`],
    );
  }
  const commands = join(t.folder, 'commands');
  await t.host.files.write(commands, `${lines.join('\n')}\n`);
  const offset = (state?.firstLba ?? 0) * 512;
  await t.host.processes.run('debugfs', ['-w', '-f', commands, `${output}?offset=${offset}`]);
  await changeEnvironment(t.host, output, {
    ...{ bos_previous_kernel: kernel, bos_previous_os: older, bos_previous_dcp: '' },
    ...(trial.panics ? { bos_kernel: damaged } : {}),
    bos_tries: trial.tries,
  });
  return output;
}

const starts = (t: SystemContext, file: string): Promise<Session> =>
  t.start({ firmware: 'bios', memory: 512, disks: [{ id: 'disk', file, bus: 'virtio', cache: 'unsafe' }] });

/** Waits for the previous deployment, and looks at what became of the other one. */
async function cameBack(t: SystemContext, session: Session, file: string, reason: RegExp): Promise<void> {
  await session.awaitText(`did not prove itself: back to ${older}`, bootLimit);
  await session.login('bhojpur', { ...bootLimit, password });
  t.log(`${session.mark('login')} ms to login`);
  await ok(session, 'sudo timeout 90 sh -c "until test -e /run/bos/trial-ended; do sleep 0.2; done"');
  assert.match(await ok(session, 'opsctl status'), new RegExp(`Bhojpur OS ${older.replaceAll('.', '\\.')}`));
  const record = JSON.parse(await ok(session, 'cat /var/lib/bhojpur/os/upgrades.json'));
  assert.equal(record.last.end, 'returned');
  assert.match(record.last.reason, reason);
  assert.equal(record.returned.length, 1);
  await switchOff(session);
  const { os, others } = await environmentOf(t.host, file);
  assert.deepEqual([os, others.bos_previous_os, others.bos_tries], [older, undefined, undefined]);
}

/** Holds in the previous deployment alone. */
const onlyInOlder = `grep -q '"os":"${older}"' /run/bos/boot.json`;
const returnsFrom = (trial: Trial, reason: RegExp) => async (t: SystemContext) => {
  const file = await diskOnTrial(t, trial);
  await cameBack(t, await starts(t, file), file, reason);
};

export const tests: SystemTest[] = [
  {
    name: 'a new deployment that is not healthy: back to the previous one',
    seconds: 90,
    run: returnsFrom({ tries: 'cpr', health: onlyInOlder }, /grep .* failed: exit code 1/),
  },
  {
    name: 'a new deployment whose kernel panics: back to the previous one',
    seconds: 70,
    soak: true,
    run: returnsFrom({ tries: 'cpr', panics: true }, /it did not start/),
  },
  {
    name: 'a new deployment that hangs: its watchdog restarts it, back to the previous one',
    seconds: 380,
    soak: true,
    // The hang: checks that go on for longer than the watchdog has patience, which is long enough for the other one.
    run: returnsFrom(
      { tries: 'cpr', health: onlyInOlder, healthLimit: 9999, append: ['bos.upgrade.limit=240'] },
      /restarted by the watchdog/,
    ),
  },
  {
    name: 'a new deployment whose kernel panics, three tries',
    seconds: 90,
    soak: true,
    run: returnsFrom({ tries: 'cccpppr', panics: true }, /it did not start/),
  },
  {
    name: 'a new deployment that proves itself: the tries are gone; one that is turned off before keeps them',
    seconds: 110,
    soak: true,
    run: async (t) => {
      const file = await diskOnTrial(t, { tries: 'ccpr', health: 'test -e /run/good', healthLimit: 9999 });
      const early = await starts(t, file);
      await early.login('bhojpur', { ...bootLimit, password });
      await switchOff(early);
      assert.equal((await environmentOf(t.host, file)).others.bos_tries, 'ccpr');
      const session = await starts(t, file);
      await session.login('bhojpur', { ...bootLimit, password });
      await ok(session, 'sudo touch /run/good');
      await session.awaitText('proved itself', bootLimit);
      await switchOff(session);
      const { others } = await environmentOf(t.host, file);
      assert.deepEqual([others.bos_tries, others.bos_previous_os], [undefined, older]);
    },
  },
  {
    name: 'neither deployment starts: the rescue shell, and no loop',
    seconds: 100,
    soak: true,
    run: async (t) => {
      const file = await diskOnTrial(t, { tries: 'cpr', panics: true });
      await changeEnvironment(t.host, file, { bos_previous_os: 'missing' });
      const session = await starts(t, file);
      await session.awaitText("rootfs.squashfs of version 'missing'", bootLimit);
      await session.awaitText('a rescue shell starts', bootLimit);
      assert.equal((await environmentOf(t.host, file)).others.bos_tries, 'r');
      await session.cutPower();
    },
  },
];

/** Bad input to the installer, in one live system booted once: each a clear message, the right exit code, no write. */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import type { Plan } from '../../../src/plan/plan.ts';
import type { Step } from '../../../src/steps/index.ts';
import { saveState } from '../../../src/vm/saved-state.ts';
import type { Session } from '../../../src/vm/session.ts';
import { declaredWrites, uncovered } from '../../install/whole-disk/declared-writes.ts';
import { traceWrites, writesOf } from '../support/block-trace.ts';
import { appears, bootLimit, diskFacts, fails, isoOn, ok, serve } from '../support/boots.ts';
import type { Fixture, SystemContext, SystemTest } from '../support/machines.ts';

export const issue = 2;

const live = 'live prompt, BIOS';

export const fixtures: Fixture[] = [
  {
    name: live,
    seconds: 45,
    async make(t) {
      const session = await t.start({ memory: 512, hotplug: true, disks: [isoOn(t, 'cd')] });
      await session.login('bhojpur', bootLimit);
      // Nothing of the boot may still be at work in what is saved. The answer may be "degraded".
      await session.run('systemctl is-system-running --wait', bootLimit);
      // A wide terminal keeps messages on one line.
      await ok(session, 'stty cols 250');
      await saveState(session, t.host, join(t.folder, 'state'));
    },
  },
];

const resumeLive = (t: SystemContext) => t.resume(join(t.fixture(live), 'state'));

async function plug(
  t: SystemContext,
  session: Session,
  id: string,
  size: number,
  bus: 'virtio' | 'usb' = 'virtio',
) {
  const file = await t.emptyDisk(`${id}.img`, size);
  await session.plug({ id, file, bus, serial: id, cache: 'unsafe' });
  await appears(session, `/dev/disk/by-id/*${id}*`);
  const path = (await ok(session, `readlink -f /dev/disk/by-id/*${id}* | sort -u | head -1`)).trim();
  return { file, path };
}

const install = (words: string) => `sudo opsctl install ${words} --silent`;

/** The first and last MiB of a disk are still zeroes. */
const untouched = (session: Session, disk: string) =>
  ok(
    session,
    `sudo sh -c 'cmp -n 1048576 ${disk} /dev/zero && tail -c 1048576 ${disk} | cmp -n 1048576 - /dev/zero'`,
  );

export const tests: SystemTest[] = [
  {
    name: 'refused before anything is touched: disks',
    seconds: 60,
    uses: [live],
    async run(t) {
      const session = await resumeLive(t);
      await fails(session, install('--allow-no-login'), 3, 'disk');
      const small = await plug(t, session, 'small', 1e9);
      await fails(session, install(`${small.path} --allow-no-login`), 3, 'has 1 GB', 'needs 2.5 GB');
      await fails(session, install('/dev/vdz --allow-no-login'), 3, '/dev/vdz', small.path);
      const disk = await plug(t, session, 'disk1', 3e9);
      await fails(session, install(disk.path), 3, 'log in', '--allow-no-login');
      await fails(session, install('/dev/sr0 --allow-no-login'), 3, '/dev/sr0');
      await untouched(session, disk.path);

      await ok(session, `echo 'label: gpt\n,,L' | sudo sfdisk -q ${disk.path} && sudo udevadm settle`);
      await fails(session, install(`${disk.path}1 --allow-no-login`), 3, 'partition', disk.path);
      await ok(
        session,
        `sudo mkfs.ext4 -q -L holiday ${disk.path}1 && sudo mount ${disk.path}1 /mnt && echo photo | sudo tee /mnt/photo`,
      );
      await fails(session, install(`${disk.path} --allow-no-login`), 3, '/mnt');
      await ok(session, 'sudo umount /mnt');
      // Not named, and with data on it: the installer may not choose it by itself.
      await session.run(`sudo sh -c 'echo 1 > /sys/block/${small.path.slice(5)}/ro' 2>/dev/null`);
      await fails(session, install('--allow-no-login'), 3, disk.path);
      await ok(session, `sudo mount ${disk.path}1 /mnt && cat /mnt/photo && sudo umount /mnt`);
    },
  },
  {
    name: 'refused before anything is touched: configurations and URLs',
    seconds: 60,
    uses: [live],
    async run(t) {
      const session = await resumeLive(t);
      const disk = await plug(t, session, 'disk2', 3e9);
      const server = await serve({ '/bad.yaml': 'hostname: ok\nbos:\n  moduls: [x]\n  password: [1]\n' });
      try {
        await fails(
          session,
          install(`${disk.path} --config ${server.url}/missing.yaml`),
          3,
          '404',
          'missing.yaml',
        );
        await fails(
          session,
          install(`${disk.path} --config ${server.url}/bad.yaml`),
          2,
          'bad.yaml:4:',
          'modules',
        );
        await fails(session, install(`${disk.path} --config http://10.0.2.2:9/x`), 3, '10.0.2.2:9');
        await ok(session, String.raw`printf 'hostname: [unclosed\n' > /tmp/c.yaml`);
        await fails(session, install(`${disk.path} --config /tmp/c.yaml`), 2, '/tmp/c.yaml:');
        await fails(session, install(`${disk.path} --config /tmp/none.yaml`), 3, '/tmp/none.yaml');
        await ok(session, 'echo hostname: only > /tmp/nologin.yaml');
        await fails(session, install(`${disk.path} --config /tmp/nologin.yaml`), 3, 'log in');
        await fails(session, `timeout 80 ${install(`${disk.path} --config ${server.url}/hang`)}`, 3, '/hang');
        await untouched(session, disk.path);
      } finally {
        server.close();
      }
    },
  },
  {
    name: 'a corrupt medium is caught before the valid mark, and the target is used again without asking',
    seconds: 65,
    uses: [live],
    async run(t) {
      const session = await resumeLive(t);
      const disk = await plug(t, session, 'disk3', 3e9);
      const kernel = '/run/bos/medium/bos/system/kernel/current/vmlinuz';
      await ok(
        session,
        `install -m 644 $(readlink -f ${kernel}) /tmp/bad && printf X | dd of=/tmp/bad bs=1 seek=100000 conv=notrunc status=none`,
      );
      await ok(session, `sudo mount --bind /tmp/bad $(readlink -f ${kernel})`);
      await fails(session, install(`${disk.path} --allow-no-login`), 5, 'vmlinuz', 'not installed');
      assert.equal((await diskFacts(session, disk.path)).content, 'unfinished');
      await ok(session, `sudo umount $(readlink -f ${kernel})`);
      // Not named this time: what we left half done is no data.
      const done = await ok(session, install('--allow-no-login'), 120_000);
      assert.match(done, /is installed on/);
      assert.equal((await diskFacts(session, disk.path)).content, 'bhojpur');
      // A truncated file of the medium is refused before anything is written.
      await ok(
        session,
        `truncate -s 1000000 /tmp/bad && sudo mount --bind /tmp/bad $(readlink -f ${kernel})`,
      );
      await fails(session, install(`${disk.path} --allow-no-login`), 3, 'vmlinuz');
      assert.equal((await diskFacts(session, disk.path)).content, 'bhojpur');
    },
  },
  {
    name: 'what the plan shows is what runs: dry run, JSON, and what the kernel saw',
    seconds: 45,
    uses: [live],
    async run(t) {
      const session = await resumeLive(t);
      const disk = await plug(t, session, 'disk4', 3e9);
      await traceWrites(session);
      await ok(session, `sudo opsctl install ${disk.path} --allow-no-login --dry-run --json > /tmp/plan`);
      await untouched(session, disk.path);
      assert.deepEqual(await writesOf(session), [], 'a dry run writes to no disk at all');
      const [shown] = (await ok(session, 'cat /tmp/plan')).split('\n');
      const { plan }: { plan: Plan<Step> } = JSON.parse(shown ?? '');

      // Zeroes are not written over zeroes.
      for (const step of plan.steps)
        for (const { offset, length } of step.kind === 'wipe-signatures' ? step.ranges : [])
          await ok(
            session,
            `sudo dd if=/dev/urandom of=${disk.path} bs=64K oflag=seek_bytes,direct iflag=count_bytes seek=${offset} count=${length}`,
          );
      await writesOf(session);
      await ok(session, `${install(`${disk.path} --allow-no-login --json`)} > /tmp/done`, 120_000);
      const steps = await ok(
        session,
        `grep -o '"type":"step-start","id":"[^"]*"' /tmp/done | grep -o '[^"]*"$'`,
      );
      assert.deepEqual(
        steps.trim().split(/"\s*/).filter(Boolean),
        plan.steps.map(({ id }) => id),
      );
      await ok(session, 'sync');
      const writes = await writesOf(session);
      const number = (await ok(session, `cat /sys/class/block/${disk.path.slice(5)}/dev`)).trim();
      assert.deepEqual([...new Set(writes.map(({ device }) => device))], [number], 'one disk was written to');
      const declared = declaredWrites(plan);
      assert.deepEqual(uncovered(writes, declared), [], 'nothing was written that the plan does not say');
      // Partitions are not filled; what is written without a file system in between is written to the last byte.
      const whole = declared.filter(({ step }) =>
        /^(wipe-signatures|write-(partition-table|boot-sector))$/.test(step),
      );
      assert.deepEqual(uncovered(whole, writes), [], 'and nothing that the plan says was left out');
      for (const { step, offset, length } of declared)
        assert.ok(
          writes.some((write) => write.offset < offset + length && offset < write.offset + write.length),
          `${step} wrote where it says`,
        );
      assert.equal(writes[0]?.offset, 0, 'what the old disk boots goes first');
      const mark = declared.find(({ step }) => step === 'mark-valid');
      const last = writes.at(-1);
      assert.ok(mark !== undefined && last !== undefined);
      assert.ok(uncovered([last], [mark]).length === 0 && last.length <= 4096, 'the mark goes last');
      t.log(
        `${writes.length} requests, ${Math.round(writes.reduce((sum, one) => sum + one.length, 0) / 1e6)} MB`,
      );
      assert.match(await ok(session, 'tail -1 /tmp/done'), /"type":"result".*"ok":true/);
    },
  },
];

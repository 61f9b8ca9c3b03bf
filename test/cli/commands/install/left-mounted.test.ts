/** A predecessor was killed while it had its target mounted: said, and released by itself or after a yes. */
import test from 'ava';
import { settleLeftMount } from '../../../../src/cli/commands/install/left-mounted.ts';
import { fakeHost } from '../../../fakes/host.ts';
import { fakeTerminal } from './fake-world.ts';
import { ctrlC, esc, type Script, scriptedAsk } from './scripted-ask.ts';

const line = (at: string, device: string, id: number) => `${id} 1 254:3 / ${at} rw - ext4 ${device} rw\n`;
const ours = line('/run/bos/target', '/dev/vda3', 30);

interface Situation {
  readonly mountinfo?: string;
  readonly script?: Script;
  readonly silent?: boolean;
  readonly dryRun?: boolean;
  readonly lock?: string;
}

async function settled({ mountinfo = ours, script, silent = false, dryRun = false, lock }: Situation) {
  const mounts = mountinfo.split(/(?<=\n)/);
  const host = fakeHost({
    files: { '/proc/self/mountinfo': mountinfo },
    tools: {
      umount: async ([folder]) => {
        const index = mounts.findLastIndex((mount) => mount.includes(` ${folder} `));
        mounts.splice(index, 1);
        await host.files.write('/proc/self/mountinfo', mounts.join(''));
      },
    },
  });
  await host.files.makeDir('/run/bos');
  if (lock !== undefined) await host.files.symlink(lock, '/run/bos/install.lock');
  const terminal = fakeTerminal();
  const ask = script && (async () => scriptedAsk(...script));
  const error = await settleLeftMount({ host, terminal }, { silent, dryRun }, ask).catch((thrown) => thrown);
  return { error, said: terminal.written.err.replaceAll(/\s+/g, ' '), ran: host.ran };
}

test('nothing is mounted: not a word', async (t) => {
  const other = line('/mnt', '/dev/vda3', 30);
  t.deepEqual(await settled({ mountinfo: other, silent: true }), { error: undefined, said: '', ran: [] });
});

test('silent: released, with a line about it', async (t) => {
  const { error, said, ran } = await settled({ silent: true });
  t.is(error, undefined);
  t.is(
    said,
    '/dev/vda3 is still mounted at /run/bos/target, by an installation that did not end by itself: released. ',
  );
  t.deepEqual(ran, ['umount /run/bos/target']);
});

test('two of them, one over the other, of another disk too', async (t) => {
  const mountinfo = ours + line('/run/bos/target', '/dev/sdb3', 31) + line('/mnt', '/dev/sdc1', 32);
  const { ran } = await settled({ mountinfo, silent: true });
  t.deepEqual(ran, ['umount /run/bos/target', 'umount /run/bos/target']);
});

test('the link of a lock whose owner is gone does not hold it; one of the living does', async (t) => {
  t.is((await settled({ silent: true, lock: '999@7' })).error, undefined);
  const { error, ran } = await settled({ silent: true, lock: '2@0' });
  t.is(error.code, 'install-running');
  t.deepEqual(ran, []);
});

test('a person is asked', async (t) => {
  const yes = await settled({ script: [[/Release it and go on/, true]] });
  t.is(yes.error, undefined);
  t.regex(yes.said, /^\/dev\/vda3 is still mounted at/);
  t.deepEqual(yes.ran, ['umount /run/bos/target']);
  for (const answer of [false, esc, ctrlC]) {
    const no = await settled({ script: [[/Release it/, answer]] });
    t.is(no.error.code, 'declined');
    t.deepEqual(no.ran, []);
  }
});

test('a dry run, and one that cannot ask, only say it', async (t) => {
  for (const situation of [{ dryRun: true, silent: true }, { dryRun: true }, {}]) {
    const { error, said, ran } = await settled(situation);
    t.is(error, undefined);
    t.regex(said, /still mounted .*--silent releases it/);
    t.deepEqual(ran, []);
  }
});

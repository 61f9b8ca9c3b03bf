/** What keeps a system that is on trial, and that nothing else does. */
import test from 'ava';
import { takeoverTry } from '../../../src/boot/trial.ts';
import { timeText } from '../../../src/formats/time/time-text.ts';
import { recordPhases } from '../../../src/runtime/status/config-status.ts';
import { trialAlivePath } from '../../../src/runtime/takeover/alive.ts';
import {
  awaitConfirmation,
  confirmedPath,
  type Outcome,
} from '../../../src/runtime/takeover/confirmation.ts';
import { confirmed, noticeOf } from '../../../src/runtime/takeover/trial.ts';
import { cameUp, upSeconds } from '../../../src/runtime/takeover/up.ts';
import { judgeTrial, trialEndPath } from '../../../src/runtime/trial/judge.ts';
import { type FakeSetup, fakeHost } from '../../fakes/host.ts';

const login = 'Accepted publickey for bhojpur from 192.0.2.7 port 50412 ssh2: ED25519 SHA256:abc';
const noise = [
  'Server listening on 0.0.0.0 port 22.',
  'Failed password for root from 198.51.100.9 port 4 ssh2',
  'Invalid user Accepted publickey for x from 198.51.100.9 port 4',
  'Connection closed by 192.0.2.7 port 50412 [preauth]',
].join('\n');
type Waited = Outcome & { readonly told: number[]; readonly ran: readonly string[] };

/** The journal from the moment `after` milliseconds of the trial have passed. */
const journal = (text: string, after = 0) => {
  const host = fakeHost({ tools: { agetty: () => undefined } });
  const start = host.clock.monotonic();
  host.tools.set('journalctl', () =>
    host.clock.monotonic() - start >= after ? `${noise}\n${text}\n` : `${noise}\n`,
  );
  return host;
};
const wait = async (host: ReturnType<typeof fakeHost>, seconds: number, url?: string): Promise<Waited> => {
  const told: number[] = [];
  const tell = async (left: number) => void told.push(left);
  const by = awaitConfirmation(host, { seconds, ...(url && { url }) }, { root: '/', tell });
  return by.then((answer) => ({ ...answer, told, ran: host.ran }));
};

test('a login over ssh keeps it, as sshd itself has logged it', async (t) => {
  const { by, ran } = await wait(journal(login, 30_000), 600);
  t.is(by, 'a login of bhojpur over ssh from 192.0.2.7');
  t.regex(ran[0] ?? '', /^journalctl --boot .* --cursor-file=\/run\/bos\/takeover-cursor _COMM=sshd _UID=0$/);
});

test('nobody: the time is told with each minute, and then it is over', async (t) => {
  const host = journal('');
  const start = host.clock.monotonic();
  const { by, told } = await wait(host, 180);
  t.is(by, undefined);
  t.deepEqual(told, [180, 120, 60]);
  t.is(host.clock.monotonic() - start, 180_000);
});

test('what is confirmed by hand is kept', async (t) => {
  const host = journal('');
  await host.files.makeDir('/run/bos');
  await host.files.write(confirmedPath, '');
  t.is((await wait(host, 600)).by, 'opsctl takeover confirm');
});

test('a URL that answers keeps it; one that does not is asked again and again', async (t) => {
  let asked = 0;
  const http: FakeSetup['http'] = async () => {
    asked += 1;
    if (asked < 4) throw new Error('connect ECONNREFUSED');
    return { body: Buffer.from(''), status: 200, headers: {} } as never;
  };
  const host = fakeHost({ http, tools: { journalctl: () => '' } });
  t.is((await wait(host, 600, 'https://up.example/ok')).by, 'an answer of https://up.example/ok');
  t.is(asked, 4);
  t.is((await wait(journal(''), 60, 'https://up.example/ok')).by, undefined);
});

test('a journal that cannot be read ends nothing: the other ways are left', async (t) => {
  const host = fakeHost({ tools: { journalctl: () => ({ exitCode: 5 }) } });
  t.is((await wait(host, 60)).by, undefined);
});

const sshd = (more = '') => `authorizedkeysfile .ssh/authorized_keys\npasswordauthentication no\n${more}`;
/** A machine whose sshd is as said, and which nobody has a key to. */
const unreachable = (tools: FakeSetup['tools'] = {}, files: FakeSetup['files'] = {}) =>
  fakeHost({
    files: { '/etc/passwd': 'bhojpur:x:1000:1000::/home/bhojpur:/bin/bash\n', ...files },
    tools: {
      ...{ journalctl: () => '', agetty: () => undefined },
      ...{ sshd: () => sshd(), systemctl: () => 'active\n', ...tools },
    },
  });

test('nobody can come in: it is not waited for, once that has been seen three times', async (t) => {
  const host = unreachable();
  const start = host.clock.monotonic();
  const { by, hopeless } = await wait(host, 600);
  t.deepEqual([by, hopeless?.slice(0, 32)], [undefined, 'nobody can log in over ssh: bhoj']);
  t.is(host.clock.monotonic() - start, 20_000);
  const said: string[] = [];
  t.false(await confirmed(unreachable(), { seconds: 600 }, { root: '/', say: (line) => said.push(line) }));
  t.regex(said.at(-1) ?? '', /^nobody can log in over ssh: .*: restarting into the old system$/);
});

test('a URL that may answer is waited for all the same', async (t) => {
  t.is((await wait(unreachable(), 60, 'https://up.example/ok')).hopeless, undefined);
});

test('as long as it is waited for, it says that it lives: another number each time', async (t) => {
  const host = journal('');
  const signs: string[] = [];
  const { writeAtomic } = host.files;
  host.files.writeAtomic = async (path, data, options) => {
    if (path === trialAlivePath) signs.push(`${data}`);
    return writeAtomic(path, data, options);
  };
  await wait(host, 60);
  t.is(new Set(signs).size, signs.length);
  t.true(signs.length > 30 && signs.every((sign) => /^\d+ 90\n$/.test(sign)), signs.join(''));
});

test('it is up when the runtime phase has ended; when it never does, that is the reason', async (t) => {
  const host = fakeHost();
  const start = host.clock.monotonic();
  t.false(await cameUp(host, { root: '/' }));
  t.is(host.clock.monotonic() - start, upSeconds * 1000);
  const phase = { at: '', durationMs: 0, applied: 0, failed: 0, faults: [] };
  await recordPhases(host, '/', { boot: phase });
  t.false(await cameUp(host, { root: '/' }));
  await recordPhases(host, '/', { runtime: phase });
  t.true(await cameUp(host, { root: '/' }));
});

test('whoever stops it gets the reason', async (t) => {
  const stop = new AbortController();
  stop.abort(new Error('stopped'));
  const options = { root: '/', tell: async () => {}, signal: stop.signal };
  await t.throwsAsync(awaitConfirmation(journal(''), { seconds: 60 }, options), { message: 'stopped' });
});

const notices = ['/run/issue.d/bos-takeover.issue', '/run/motd.d/bos-takeover'];

test('what is to be done stands above every prompt, in 80 columns, until it is confirmed', async (t) => {
  const host = journal(login, 50_000);
  const said: string[] = [];
  let seen = '';
  const tools = host.tools.get('agetty');
  host.tools.set('agetty', async (args, options) => {
    seen ||= await host.files.readText(notices[0] ?? '');
    return tools?.(args, options);
  });
  t.true(await confirmed(host, { seconds: 600 }, { root: '/', say: (line) => said.push(line) }));
  t.is(seen, noticeOf(600, { seconds: 600 }));
  t.regex(seen, /^Takeover: {2}on trial for another 10 min, then the old system returns\n/);
  t.true(seen.split('\n').every((line) => line.length <= 80));
  for (const path of notices) t.false(await host.files.exists(path));
  t.is(said.at(-1), 'confirmed by a login of bhojpur over ssh from 192.0.2.7');
  t.false(await host.files.exists('/run/bos/state/bos/system/takeover-returned'));
});

test('not confirmed: the old system finds the reason', async (t) => {
  const host = journal('');
  const said: string[] = [];
  t.false(await confirmed(host, { seconds: 90 }, { root: '/', say: (line) => said.push(line) }));
  const path = '/run/bos/state/bos/system/takeover-returned';
  t.regex(await host.files.readText(path), /^\d{4}-\S+Z nobody confirmed the new system within 90 s\n$/);
  t.regex(said.at(-1) ?? '', /restarting into the old system$/);
  for (const notice of notices) t.false(await host.files.exists(notice));
});

test('times in words', (t) => {
  t.deepEqual([30, 119, 120, 121, 3600].map(timeText), ['30 s', '119 s', '2 min', '3 min', '60 min']);
});

test('the judgement of an upgrade does not end the trial of a takeover', async (t) => {
  const boot = (value: string) => JSON.stringify({ mode: 'live', state: '', try: value });
  for (const [value, ends] of [
    [takeoverTry, false],
    ['c', true],
  ] as const) {
    const host = fakeHost({ files: { '/run/bos/boot.json': boot(value) } });
    t.is(await judgeTrial(host, { root: '/', say: () => {} }), 'none');
    t.is(await host.files.exists(trialEndPath), ends, value);
  }
});

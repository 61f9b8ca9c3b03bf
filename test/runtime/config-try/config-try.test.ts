/** A configuration that is tried: in force at once, kept by a word, and taken back however the trial ends. */
import test, { type ExecutionContext } from 'ava';
import { OpsError } from '../../../src/errors.ts';
import { beginTry } from '../../../src/runtime/config-try/begin.ts';
import { keepTry, takeBackTry } from '../../../src/runtime/config-try/decide.ts';
import { readTry, takenBackPath, writeTry } from '../../../src/runtime/config-try/record.ts';
import { watchTry } from '../../../src/runtime/config-try/watch.ts';
import { onePhaseAtATime } from '../../../src/runtime/phases/phases.ts';
import { lineOf } from '../../fakes/effects.ts';
import { type FakeHost, type FakeSetup, fakeHost } from '../../fakes/host.ts';

/** Where the system lies in the fake machine. */
const root = '/os';
const local = '/var/lib/bhojpur/os';
const key = (letter: string) => `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${letter.repeat(43)} ${letter}`;
const fixed = 'bos:\n  network:\n    - { name: eth0, addresses: [192.0.2.9/24], gateway4: 192.0.2.1 }\n';
const login = 'Accepted publickey for ann from 192.0.2.7 port 50412 ssh2: ED25519 SHA256:abc';

const below = (files: Readonly<Record<string, string | Uint8Array>>) =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [`${root}${path}`, text]));

function node({ files, tools }: FakeSetup = {}): FakeHost {
  const host = fakeHost({
    files: below({
      '/run/bos/boot.json': JSON.stringify({ mode: 'disk', state: '/dev/vda3', os: '0.1.0', dcp: '' }),
      '/proc/cmdline': 'quiet',
      '/proc/self/mountinfo': '1 1 8:1 /x /var rw - ext4 /dev/vda3 rw\n',
      '/etc/passwd': 'bhojpur:x:1000:1000::/home/bhojpur:/bin/bash\n',
      '/home/bhojpur/.profile': '',
      [`${local}/config.yaml`]: `ssh_authorized_keys: ["${key('A')}"]\n`,
      ...files,
    }),
    // As the folder of a home is opened there.
    folders: ['/os/', '/os//home/bhojpur'],
    tools: {
      ...{ systemctl: () => undefined, 'connmand-wait-online': () => undefined },
      ...{ journalctl: () => '', agetty: () => undefined, ...tools },
    },
  });
  // The folder of the fake has no name for itself.
  const { chmod } = host.files;
  host.files.chmod = async (path, mode) => (path.endsWith('/.') ? undefined : chmod(path, mode));
  return host;
}
const request = (text: string, name = 'net.yaml', seconds = 60) => ({
  ...{ name, shown: name, seconds },
  bytes: Buffer.from(text),
});
const services = '/os/var/lib/connman/bos-network.config';
const keysOf = async ({ files }: FakeHost) => {
  const path = '/os//home/bhojpur/.ssh/authorized_keys';
  return (await files.exists(path)) ? files.readText(path) : '';
};
/** What systemd does: the watch, and behind it what takes back. */
async function serve(host: FakeHost): Promise<string[]> {
  const said: string[] = [];
  await watchTry(host, { root, say: (line) => said.push(line) });
  const why = (await readTry(host, root))?.reason ?? 'nobody confirmed it in time';
  if (await takeBackTry(host, root, why)) said.push('taken back');
  return said;
}
async function refused(t: ExecutionContext, host: FakeHost, text: string, code: string, name?: string) {
  const before = host.tree(root);
  const error = await t.throwsAsync<OpsError>(beginTry(host, root, request(text, name)), { code });
  t.deepEqual(host.tree(root), before, code);
  t.deepEqual(host.ran, []);
  return `${error?.message} ${error?.details.join(' ')}`;
}

test('nobody confirms it: the configuration from before is in force again, and nothing was written', async (t) => {
  const host = node();
  await beginTry(host, root, request(fixed));
  const start = host.clock.monotonic();
  let during = '';
  host.tools.set('journalctl', async () => {
    if (await host.files.exists(services)) during = await host.files.readText(services);
    return '';
  });
  const said = await serve(host);
  t.regex(during, /192\.0\.2\.9/);
  t.false(await host.files.exists(services));
  t.true(host.clock.monotonic() - start >= 60_000);
  t.is(said.at(-1), 'taken back');
  t.is(await readTry(host, root), undefined);
  t.regex(
    await host.files.readText(`${root}${takenBackPath}`),
    /net\.yaml was taken back: nobody confirmed it in time/,
  );
  t.deepEqual(Object.keys(host.tree(`${root}${local}`)), ['config.yaml']);
  for (const path of ['/run/issue.d/bos-config-try.issue', '/run/motd.d/bos-config-try'])
    t.false(await host.files.exists(`${root}${path}`));
});

test('a login that comes after it keeps it, on the disk for root alone', async (t) => {
  let lines: string[] = ['Accepted publickey for bob from 198.51.100.7 port 1 ssh2'];
  const host = node({ tools: { journalctl: () => lines.splice(0).join('\n') } });
  await beginTry(host, root, request(fixed));
  const { sleep } = host.clock;
  let slept = 0;
  host.clock.sleep = async (ms, signal) => {
    slept += 1;
    if (slept === 3) lines = [login];
    return sleep(ms, signal);
  };
  host.tools.set('journalctl', () => lines.splice(0).join('\n'));
  const said = await serve(host);
  t.deepEqual(said.slice(1), [
    `confirmed by a login of ann over ssh from 192.0.2.7: kept as ${local}/config.d/net.yaml`,
  ]);
  t.is(await host.files.readText(`${root}${local}/config.d/net.yaml`), fixed);
  t.is((await host.files.stat(`${root}${local}/config.d/net.yaml`))?.mode, 0o600);
  t.true(await host.files.exists(services));
});

test('confirmed by hand: on the disk before it is no trial any more; too late, there is nothing to keep', async (t) => {
  const host = node();
  await beginTry(host, root, request(fixed));
  // Not before it is applied: it may still fail.
  t.is(await keepTry(host, root), undefined);
  await writeTry(host, root, { v: 1, name: 'net.yaml', seconds: 60, state: 'applied' });
  t.is(await keepTry(host, root), `${local}/config.d/net.yaml`);
  const done = host.effects.map(lineOf);
  const order = [`replace ${root}${local}/config.d/net.yaml 0600`, 'remove /os/run/bos/try'];
  t.deepEqual(
    done.filter((line) => order.includes(line)),
    order,
  );
  t.false(await takeBackTry(host, root, 'late'));
  t.is(await keepTry(host, root), undefined);
});

test('what is tried is for root alone, and its record is there before it: without one nobody would take it back', async (t) => {
  const host = node();
  await beginTry(host, root, request(fixed));
  t.deepEqual(
    host.effects.map(lineOf).filter((line) => line.includes('/run/bos/try')),
    [
      'mkdir /os/run/bos/try 0700',
      'replace /os/run/bos/try/record.json 0600',
      'mkdir /os/run/bos/try/config.d 0700',
      'create /os/run/bos/try/config.d/net.yaml 0600',
      `write /os/run/bos/try/config.d/net.yaml 0+${fixed.length}`,
    ],
  );
  await writeTry(host, root, { v: 1, name: 'net.yaml', seconds: 60, state: 'applied' });
  await keepTry(host, root);
  t.is((await host.files.stat(`${root}${local}/config.d`))?.mode, 0o755);
});

test('nobody else applies a configuration while it is applied', async (t) => {
  const held: boolean[] = [];
  const host: FakeHost = node({
    tools: {
      systemctl: async () => {
        held.push((await host.files.stat(onePhaseAtATime(root).path)) !== undefined);
        return undefined;
      },
    },
  });
  const { write } = host.files;
  host.files.write = async (path, ...rest) => {
    if (path.endsWith('/net.yaml')) held.push(await host.files.exists(onePhaseAtATime(root).path));
    return write(path, ...rest);
  };
  await beginTry(host, root, request(fixed));
  t.deepEqual(held, [true], 'the file that is tried is laid down under the lock');
  await serve(host);
  t.true(held.length > 2);
  t.deepEqual(
    held.filter((one) => !one),
    [],
  );
});

test('a damaged record is said, and taken back all the same', async (t) => {
  for (const damaged of ['', '{', '[]', '{"v":1,"name":"../a","seconds":60,"state":"applied"}']) {
    const host = node();
    await beginTry(host, root, request(fixed));
    await host.files.write('/os/run/bos/try/record.json', damaged);
    await t.throwsAsync(keepTry(host, root), { instanceOf: OpsError, code: 'try-record' });
    t.true(await takeBackTry(host, root, 'nobody confirmed it in time'));
    t.is(await readTry(host, root), undefined);
    t.false(await host.files.exists('/os/run/bos/try'));
  }
});

test('a disk that takes nothing: said, and what is tried stays a trial', async (t) => {
  const host = node();
  await beginTry(host, root, request(fixed));
  await writeTry(host, root, { v: 1, name: 'net.yaml', seconds: 60, state: 'applied' });
  host.files.writeAtomic = async () => {
    throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
  };
  await t.throwsAsync(keepTry(host, root), { code: 'try-not-kept', message: /ENOSPC/ });
  t.is((await readTry(host, root))?.state, 'applied');
});

test('what cannot be applied is taken back at once, and that is the reason', async (t) => {
  let broken = true;
  const host = node({
    tools: {
      systemctl: () => {
        if (!broken) return undefined;
        broken = false;
        return { exitCode: 1, stderr: 'Job failed' };
      },
    },
  });
  await beginTry(host, root, request(fixed));
  const start = host.clock.monotonic();
  t.is((await serve(host)).at(-1), 'taken back');
  t.true(host.clock.monotonic() - start < 60_000);
  t.regex(await host.files.readText(`${root}${takenBackPath}`), /taken back: bos\.network: .*Job failed/);
  t.false(await host.files.exists(services));
});

test('keys to log in with are tried, too, and go again with the last that named any', async (t) => {
  const host = node({ files: { [`${local}/config.yaml`]: 'hostname: one\n' } });
  await beginTry(host, root, request(`ssh_authorized_keys: ["${key('B')}"]\n`, 'keys.yaml'));
  let during = '';
  host.tools.set('journalctl', async () => {
    during = await keysOf(host);
    return '';
  });
  await serve(host);
  t.true(during.includes(key('B')));
  t.is(await keysOf(host), '');
});

test('killed while it takes back, it is taken back by the next one', async (t) => {
  const host = node();
  await beginTry(host, root, request(fixed));
  const { remove } = host.files;
  host.files.remove = async (path) => {
    if (path === '/os/run/bos/try') throw new Error('killed');
    return remove(path);
  };
  await t.throwsAsync(serve(host), { message: 'killed' });
  host.files.remove = remove;
  const start = host.clock.monotonic();
  t.deepEqual(await serve(host), ['taken back']);
  t.is(host.clock.monotonic(), start);
});

test('refused before anything changes', async (t) => {
  const bad = 'bos:\n  network:\n    - { name: eth0, addresses: [192.0.2.9/24], gateway4: 198.51.100.1 }\n';
  await refused(t, node(), bad, 'config-invalid');
  await refused(t, node(), '', 'try-empty');
  t.regex(await refused(t, node(), 'hostname: other\nrun_cmd: [x]\n', 'try-keys'), /back: hostname, run_cmd/);
  const over = node({ files: { [`${local}/config.d/zz.yaml`]: fixed } });
  t.regex(await refused(t, over, fixed, 'try-overruled'), /bos\.network would have no effect: .*zz\.yaml/);
  // One of the same name is what it stands for.
  await t.notThrowsAsync(beginTry(over, root, request(fixed, 'zz.yaml')));
  await t.throwsAsync(beginTry(over, root, request(fixed, 'zzz.yaml')), { code: 'try-running' });
});

/** The search as a whole: order, what is kept, what a server can do wrong. */

import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test from 'ava';
import * as clouds from '../../fakes/metadata-servers.ts';
import { hostWith, instance, keyB, newRoot, real, search, serve, yaml } from './support.ts';

test('the first with user data ends the search; name and keys found first are kept', async (t) => {
  const none = await serve(t, () => ({ status: 404 }));
  const first = await serve(t, clouds.digitaloceanCloud({ hostname: 'first', keys: [] }));
  const second = await serve(t, clouds.hetznerCloud({ ...instance, hostname: 'second', keys: [keyB] }));
  const third = await serve(t, clouds.awsCloud({ ...instance, hostname: 'third' }));
  const outcome = await search(await newRoot(t), ['vultr', 'digitalocean', 'hetzner', 'aws'], {
    bases: { vultr: none.url, digitalocean: first.url, hetzner: second.url, aws: third.url },
  });
  t.is(outcome.source, 'hetzner');
  t.deepEqual(outcome.files, {
    userdata: `600 ${yaml}`,
    local_hostname: '644 first\n',
    'ssh/authorized_keys': `600 ${keyB}\n`,
    provider: '644 hetzner\n',
  });
  t.deepEqual(outcome.lines, [
    'info vultr: was not found',
    'info digitalocean: has no user data',
    `info hetzner: has ${yaml.length} bytes of user data`,
  ]);
  t.deepEqual(third.log, []);
});

test('the same again changes nothing; another cloud leaves nothing of the one before', async (t) => {
  const server = await serve(t, clouds.awsCloud({ ...instance, userData: '#!/bin/sh\ntrue\n' }));
  const root = await newRoot(t);
  const bases = { aws: server.url, digitalocean: server.url };
  const first = await search(root, ['aws'], { bases });
  t.is(first.files['userdata-program'], '700 #!/bin/sh\ntrue\n');
  t.is((await real.files.stat(join(root, 'run/config/ssh')))?.mode, 0o700);
  t.is((await real.files.stat(join(root, 'run/config')))?.mode, 0o755);
  const again = await search(root, ['aws'], { bases });
  t.false(again.changed);
  t.deepEqual(again.files, first.files);
  server.become(clouds.digitaloceanCloud({ hostname: 'other', keys: [] }));
  const other = await search(root, ['digitalocean'], { bases });
  t.true(other.changed);
  t.deepEqual(other.files, { local_hostname: '644 other\n', provider: '644 digitalocean\n' });
});

test('a service that is down keeps what it gave; a source that is no longer asked does not', async (t) => {
  const server = await serve(t, clouds.vultrCloud(instance));
  const root = await newRoot(t);
  const bases = { vultr: server.url, aws: 'http://127.0.0.1:9' };
  const before = await search(root, ['vultr'], { bases });
  server.become(() => ({ status: 500 }));
  const down = await search(root, ['vultr'], { bases });
  t.deepEqual([down.changed, down.files], [false, before.files]);
  t.regex(down.lines[0] ?? '', /^warning vultr: http:.*\/v1\/instanceid answered with HTTP status 500$/);
  t.deepEqual((await search(root, ['aws'], { bases })).files, {});
  await search(root, ['vultr'], { bases: { vultr: (await serve(t, clouds.vultrCloud(instance))).url } });
  t.deepEqual((await search(root, [])).files, {});
});

test('nobody there: one line for each and one for all', async (t) => {
  const bases = { aws: 'http://127.0.0.1:9', gcp: 'http://127.0.0.1:9' };
  const { lines, files } = await search(await newRoot(t), ['aws', 'gcp', 'cdrom'], { bases });
  t.deepEqual(lines, [
    'info aws: was not found',
    'info gcp: was not found',
    'info cdrom: was not found',
    'warning no data source was found (aws, gcp, cdrom)',
  ]);
  t.deepEqual(files, {});
});

/** A server that goes wrong at its user data, after it was recognised. */
const wrong = test.macro({
  exec: async (t, answer: clouds.Answer | undefined, expected: RegExp) => {
    const good = clouds.digitaloceanCloud(instance);
    const server = await serve(t, (asked) => (asked.path.endsWith('user-data') ? answer : good(asked)));
    const cd = await serve(t, clouds.hetznerCloud({ hostname: 'next', keys: [] }));
    const bases = { digitalocean: server.url, hetzner: cd.url };
    const { lines, files } = await search(await newRoot(t), ['digitalocean', 'hetzner'], { bases });
    t.regex(lines[0] ?? '', expected);
    // The search went on.
    t.is(files.local_hostname, '644 next\n');
    t.is(files.userdata, undefined);
  },
  title: (title) => `bad answer: ${title}`,
});
test(
  '10 MB',
  wrong,
  { body: Buffer.alloc(10e6, 'a') },
  /^warning digitalocean: .*larger than the limit of 8388608 bytes/,
);
test(
  'a web page',
  wrong,
  { body: '<!DOCTYPE html><p>Log in', headers: { 'content-type': 'text/html' } },
  /web page/,
);
test(
  'a redirect in circles',
  wrong,
  { status: 302, headers: { location: '/metadata/v1/user-data' } },
  /status 302/,
);
test('forbidden', wrong, { status: 403 }, /HTTP status 403/);
test('an error that lasts', wrong, { status: 503 }, /HTTP status 503/);
test('bad answer: silence', async (t) => {
  const good = clouds.digitaloceanCloud(instance);
  let late = 0;
  const server = await serve(t, (asked) => {
    if (asked.path.endsWith('public-keys')) late = 5000;
    return asked.path.endsWith('user-data') ? undefined : good(asked);
  });
  const base = hostWith();
  // Most of the time for a source has gone when it falls silent.
  const clock = { ...base.clock, monotonic: () => base.clock.monotonic() + late };
  const bases = { digitalocean: server.url };
  const host = { ...base, clock };
  const { lines, files } = await search(await newRoot(t), ['digitalocean'], { bases, host });
  t.regex(lines[0] ?? '', /^warning digitalocean: .*(did not answer within|took longer than)/);
  t.deepEqual(files, {});
});

test('an error that passes is asked about again', async (t) => {
  const good = clouds.vultrCloud(instance);
  let failed = false;
  const server = await serve(t, (asked) => {
    if (failed || asked.path !== '/latest/user-data') return good(asked);
    failed = true;
    return { status: 503 };
  });
  const { files, lines } = await search(await newRoot(t), ['vultr'], { bases: { vultr: server.url } });
  t.is(files.userdata, `600 ${yaml}`);
  t.is(lines.length, 1);
});

for (const [what, body] of [
  ['no JSON', 'hello'],
  ['a list', '[1, {"hostname": 3}]'],
  [
    'other types',
    '{"hostname": {"a": 1}, "ssh_keys": [1, null, {"x": "y"}], "__proto__": {"hostname": "z"}}',
  ],
  ['NUL bytes', '{"hostname": "a\0b"}'],
] as const) {
  test(`metadata that are ${what} break nothing`, async (t) => {
    const server = await serve(t, ({ path }) => ({ body: path === '/userdata' ? yaml : body }));
    const { files } = await search(await newRoot(t), ['packet'], { bases: { packet: server.url } });
    t.is(files.local_hostname, undefined);
    t.is(files['ssh/authorized_keys'], undefined);
  });
}

test('packed programs are unpacked beside the user data', async (t) => {
  const elf = Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01', 'latin1'), Buffer.alloc(64, 7)]);
  const server = await serve(t, clouds.vultrCloud({ ...instance, userData: gzipSync(elf) }));
  const root = await newRoot(t);
  await search(root, ['vultr'], { bases: { vultr: server.url } });
  t.deepEqual(await real.files.read(join(root, 'run/config/userdata')), gzipSync(elf));
  t.deepEqual(await real.files.read(join(root, 'run/config/userdata-program')), elf);
});

test('a disk that is full is reported and stops nothing', async (t) => {
  const server = await serve(t, clouds.vultrCloud(instance));
  const base = hostWith();
  const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  const host = { ...base, files: { ...base.files, writeAtomic: () => Promise.reject(full) } };
  const { lines } = await search(await newRoot(t), ['vultr'], { bases: { vultr: server.url }, host });
  t.is(lines.at(-1), 'error /run/config cannot be written: ENOSPC: no space left on device');
});

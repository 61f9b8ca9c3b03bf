/**
 * install.sh in the shells that Linux systems have, each with nothing on PATH but what it says it needs. The
 * executable is a script here that tells what it was given; test/system has the real one.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { sha256Of } from '../../../src/host/digest.ts';
import { serveRanges } from '../../fakes/range-server.ts';
import { temporaryFolder, tool } from '../../formats/support.ts';
import { type Ended, installer, release, run, type Setting, script, shells } from './script.ts';

const text = readFileSync(script, 'utf8');
/** The most modest wget there is. */
const wget = 'exec /bin/busybox wget "$@"';

/** The files of a release on a server; gives the URL of the ISO. */
async function published(t: ExecutionContext, files = release()) {
  const paths = Object.fromEntries(
    Object.entries(files).map(([name, body]) => [`/v1/${name}`, Buffer.from(body)]),
  );
  const server = await serveRanges({ paths });
  t.teardown(server.close);
  return { iso: `http://127.0.0.1:${server.port}/v1/bos-amd64.iso`, asked: server.asked };
}

/** The words that the installer was given. */
const given = ({ out }: Ended) => [...out.matchAll(/^<(.*)>$/gm)].map(([, word]) => word);

const handsOver = test.macro({
  exec: async (t: ExecutionContext, shell: string, fetchers: readonly string[]) => {
    const { iso, asked } = await published(t);
    const words = [
      '--insecure',
      '--force-efi',
      '--tty',
      'ttyS0',
      '/dev/vda',
      `${iso}?a=b`,
      '--config=a b.yaml',
      '--debug',
    ];
    const ended = await run(t, [...words, '--', '--json'], { shell, fetchers });
    t.is(ended.code, 7, ended.err);
    t.deepEqual(given(ended), [
      ...['install', '/dev/vda', `${iso}?a=b`, '--silent', '--force-efi', '--debug', '--insecure'],
      ...['--tty', 'ttyS0', '--config', 'a b.yaml', '--json'],
    ]);
    t.deepEqual(asked, ['/v1/sha256sum-amd64.txt', '/v1/opsctl-linux-amd64']);
    t.deepEqual(ended.left, [], 'nothing is left behind');
    t.regex(ended.err, /^warning: Nothing verifies what comes from http:\/\/127\.0\.0\.1/m);
  },
  title: (_, shell: string, fetchers: readonly string[]) => `${shell} hands over, with ${fetchers.join()}`,
});
// busybox asks its own `id`, whatever is on PATH: with it only root is root.
const isRoot = process.getuid?.() === 0;
if (!isRoot) console.warn('skipped, install.sh in the shell of busybox: not root');
for (const shell of Object.keys(shells))
  (shell === 'busybox ash' && !isRoot ? test.skip : test)(handsOver, shell, ['curl']);
test('dash hands over, with wget', async (t) => {
  const { iso } = await published(t);
  const commands = { wget };
  const ended = await run(t, ['--insecure', '/dev/vda', iso, '--config', 'x'], { fetchers: [], commands });
  t.is(ended.code, 7, ended.err);
});

test('a local ISO needs neither curl nor wget, and the sha256sum of busybox will do', async (t) => {
  const folder = temporaryFolder(t);
  for (const [name, body] of Object.entries(release())) writeFileSync(join(folder, name), body);
  const commands = { sha256sum: undefined, busybox: 'exec /bin/busybox "$@"' };
  for (const iso of [join(folder, 'bos.iso'), `file://${folder}/bos.iso`]) {
    const ended = await run(t, ['--no-format', '--takeover', '--poweroff', '/dev/vda1', iso], {
      ...{ fetchers: [], commands },
    });
    t.is(ended.code, 7, ended.err);
    const flags = ['--silent', '--no-format', '--takeover', '--poweroff', '--allow-no-login'];
    t.deepEqual(given(ended), ['install', '/dev/vda1', iso, ...flags]);
    t.regex(ended.err, /warning: without --config nobody can log in/);
  }
});

test('a password in the URL is not shown', async (t) => {
  const { iso } = await published(t);
  const withLogin = (login: string) => run(t, ['--insecure', '/dev/vda', iso.replace('//', `//${login}`)]);
  const ended = await withLogin('user:secret@');
  t.is(ended.code, 7);
  t.notRegex(ended.err, /secret/);
  // Not every fetcher takes it; the script shows the host alone.
  const { err } = await withLogin('user:an@secret@');
  t.regex(err, /Nothing verifies what comes from http:\/\/(127|localhost|\[)/);
  t.notRegex(err, /http:\/\/[^ ]*secret/);
});

const refuses = test.macro(
  async (t, words: readonly string[], setting: Setting, code: number, message: RegExp) => {
    const { iso, asked } = await published(t);
    const ended = await run(
      t,
      words.flatMap((word) => (word === 'ISO' ? ['--insecure', iso] : [word])),
      setting,
    );
    t.is(ended.code, code, ended.err);
    t.regex(ended.err.replaceAll(/\s+/g, ' '), message);
    t.regex(ended.err, /^error: .*\nhint: ./m);
    t.is(ended.out, '');
    t.deepEqual(asked, [], 'nothing is fetched');
    t.deepEqual(ended.left, []);
  },
);
const usual = ['/dev/vda', 'ISO'];
test('no arguments', refuses, [], {}, 2, /DEVICE and ISO_URL are missing/);
test('no ISO_URL', refuses, ['/dev/vda'], {}, 2, /ISO_URL is missing/);
test('an argument too many', refuses, [...usual, 'more'], {}, 2, /more is one argument too many/);
test('an unknown option', refuses, ['--wipe', ...usual], {}, 2, /no option --wipe/);
test('an option without its value', refuses, [...usual, '--config'], {}, 2, /--config needs a value/);
const is = (commands: Setting['commands']): Setting => ({ commands: { ...commands } });
test('not root', refuses, usual, is({ id: 'echo 1000' }), 3, /Only root .* sudo/);
test('not Linux', refuses, usual, is({ uname: 'echo FreeBSD' }), 3, /This is FreeBSD, not Linux/);
const machine = (name: string) => is({ uname: `[ "$1" = -s ] && echo Linux || echo ${name}` });
test('an unknown architecture', refuses, usual, machine('riscv64'), 3, /architecture riscv64/);
test('armv7', refuses, usual, machine('armv7l'), 3, /architecture armv7l .* rootfs tarball/);
test('no glibc', refuses, usual, machine('aarch64'), 3, /ld-linux-aarch64.* is missing.* libstdc\+\+/);
test('neither curl nor wget', refuses, usual, { fetchers: [] }, 3, /neither curl nor wget/);
test('nothing to verify with', refuses, usual, is({ sha256sum: undefined }), 3, /no sha256sum/);
const noRoom = is({ df: 'echo titles; echo "tmpfs 9 9 1234 1% /"' });
test('no room anywhere', refuses, usual, noRoom, 3, /no folder with 300 MB .* \/tmp \(1 MB free\)/);

const wrongRelease = test.macro(
  async (t, more: Readonly<Record<string, string>>, message: RegExp, setting: Setting = {}) => {
    const { iso } = await published(t, release(more));
    const ended = await run(t, ['--insecure', '/dev/vda', iso, '--config', 'x'], setting);
    t.is(ended.code, 3, ended.err);
    t.regex(ended.err.replaceAll(/\s+/g, ' '), message);
    t.is(ended.out, '', 'the installer was not started');
    t.deepEqual(ended.left, []);
  },
);
test(
  'another executable',
  wrongRelease,
  { 'opsctl-linux-amd64': `${installer}#` },
  /does not have the SHA-256/,
);
test('no checksum of it', wrongRelease, { 'sha256sum-amd64.txt': '' }, /has no checksum of opsctl/);
test('no executable beside the ISO', async (t) => {
  const { 'opsctl-linux-amd64': _, ...files } = release();
  const { iso } = await published(t, files);
  for (const fetchers of [['curl'], []]) {
    const commands = fetchers.length > 0 ? {} : { wget };
    const ended = await run(t, ['--insecure', '/dev/vda', iso], { fetchers, commands });
    t.is(ended.code, 3);
    t.regex(ended.err, /opsctl-linux-amd64 cannot be fetched from beside the ISO/);
    t.deepEqual(ended.left, []);
  }
});
const broken = '#!/bin/sh\necho "libstdc++.so.6: cannot open shared object file" >&2\nexit 127\n';
const brokenSums = `${sha256Of(broken)}  opsctl-linux-amd64\n`;
test(
  'an executable that does not start',
  wrongRelease,
  { 'opsctl-linux-amd64': broken, 'sha256sum-amd64.txt': brokenSums },
  /libstdc\+\+\.so\.6: cannot open .* cannot be started on this Linux\. .* libstdc\+\+6/,
);

test('a folder without room is passed over', async (t) => {
  const { iso } = await published(t);
  const first = temporaryFolder(t);
  const df = `echo titles; [ "$2" = ${first} ] && echo "a 9 9 1 1% /" || echo "a 9 9 900000 1% /"`;
  const ended = await run(t, ['--insecure', '/dev/vda', iso], { tmp: first, commands: { df } });
  t.is(ended.code, 7, ended.err);
  t.regex(ended.out, /TMPDIR \/tmp$/m, 'opsctl works where there is room too');
});

test('help says every option and gives examples', async (t) => {
  const ended = await run(t, ['--help'], { commands: { id: 'echo 1000' } });
  t.is(ended.code, 0);
  t.is(ended.err, '');
  for (const [option] of text.matchAll(/--[a-z-]+(?= \||\))/g)) t.true(ended.out.includes(option), option);
  t.regex(ended.out, /\[--no-format\] \[--config URL\] DEVICE ISO_URL/);
  t.regex(ended.out, /Examples:\n {2}install\.sh --config/);
});

const trusted = { fetchers: ['curl'] };
for (const scheme of ['http', 'HTTP', 'ftp', 'tftp'])
  test(`${scheme}: nothing verifies the installer, so nothing is fetched without consent`, async (t) => {
    const { iso, asked } = await published(t);
    for (const more of [[], ['--dry-run'], ['--', '--public-key', 'x']]) {
      const ended = await run(
        t,
        ['/dev/vda', iso.replace('http', scheme), '--config', 'x', ...more],
        trusted,
      );
      t.is(ended.code, 3);
      const said = ended.err.replaceAll(/\s+/g, ' ');
      t.regex(said, /^error: Nothing verifies what comes from .* runs here as root.* hint: .* --insecure\./);
      t.is(said.includes('in a dry run too'), more[0] === '--dry-run');
    }
    t.deepEqual(asked, []);
  });

test('a dry run says what it runs; consent behind -- counts', async (t) => {
  const { iso } = await published(t);
  for (const words of [
    ['--dry-run', '--insecure'],
    ['--', '--insecure', '--dry-run'],
  ]) {
    const ended = await run(t, ['/dev/vda', iso, '--config', 'x', ...words]);
    t.is(ended.code, 7, ended.err);
    t.regex(ended.err, /^This dry run starts opsctl-linux-amd64 from http:\S+ as root\.$/m);
    t.true(given(ended).includes('--insecure'));
  }
});

test('shellcheck finds nothing', (t) => {
  t.is(tool('shellcheck', '--shell=sh', script), '');
});

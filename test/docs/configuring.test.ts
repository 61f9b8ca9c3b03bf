/** The examples of docs/configuring.md, run: its files in a fake root, its commands there, their output compared. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { configCommand } from '../../src/cli/commands/config/command.ts';
import { statusCommand } from '../../src/cli/commands/status/command.ts';
import { parseConfigYaml } from '../../src/config/yaml/yaml.ts';
import type { Applier } from '../../src/runtime/appliers/applier.ts';
import { runCommandsApplier } from '../../src/runtime/appliers/commands/commands.ts';
import { hostnameApplier } from '../../src/runtime/appliers/hostname.ts';
import { appliers as allAppliers } from '../../src/runtime/appliers/index.ts';
import { runPhases } from '../../src/runtime/phases/phases.ts';
import { runInside } from '../cli/commands/inside.ts';
import { type FakeRoot, fakeRoot } from '../runtime/fake-root.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/configuring.md'), 'utf8');
const blocks = [...page.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = '', text = '']) => ({
  language,
  text,
}));

/** Files of the page, by path; the first line of each block names it. */
const files = blocks.flatMap(({ text }) => {
  const [, path, content] = /^# (\/\S+)\n([\s\S]*)$/.exec(text) ?? [];
  return path === undefined || content === undefined ? [] : [{ path, content, text }];
});

interface Call {
  readonly words: readonly string[];
  readonly output: string;
}

const calls: readonly Call[] = blocks
  .filter(({ language }) => language === 'console')
  .flatMap(({ text }) => text.split(/^\$ (?:sudo )?opsctl /m).slice(1))
  .map((text) => {
    const [line = '', ...output] = text.split('\n');
    return { words: line.split(' '), output: output.join('\n') };
  });
const callsOf = (...words: string[]) =>
  calls.filter((call) => words.every((word, index) => call.words[index] === word));

/** A node with the page's files, YAML with its caption so that lines are counted as the page shows them. */
async function node(t: Parameters<typeof fakeRoot>[0], without: readonly string[] = []): Promise<FakeRoot> {
  const record = { medium: '', mediumRoot: '', kernel: '6.1.0-56-amd64', os: '0.1.0', dcp: '' };
  const fake = await fakeRoot(t, { mode: 'disk', state: '/dev/vda3', ...record });
  for (const { path, content, text } of files) {
    if (!without.includes(path)) await fake.write(path, path.startsWith('/proc/') ? content : text);
  }
  await fake.write('proc/sys/kernel/hostname', 'node1\n');
  return fake;
}

const laterFile = '/var/lib/bhojpur/os/config.d/50-models';

test('the page has its files and its calls', (t) => {
  t.deepEqual(
    files.map(({ path }) => path),
    [
      '/bos/system/config.yaml',
      '/proc/cmdline',
      '/var/lib/bhojpur/os/config.yaml',
      '/home/bhojpur/new.yaml',
      laterFile,
    ],
  );
  t.is(calls.length, 5);
  t.is(callsOf('config').length, 4);
});

for (const { words, output } of callsOf('config')) {
  test(`opsctl ${words.join(' ')}`, async (t) => {
    const fake = await node(t, [laterFile]);
    const { out, err } = await runInside(fake, configCommand, words.slice(1));
    t.is(out + err, output);
  });
}

test('opsctl status', async (t) => {
  const fake = await node(t);
  let ticks = 0;
  const clock = {
    ...fake.host.clock,
    now: () => Date.UTC(2026, 10, 21, 9, 30),
    monotonic: () => 300 * ticks++,
  };
  const system = { ...fake.host.system, addresses: () => ['10.0.2.15'] };
  const host = { ...fake.host, clock, system };
  // The others would act on the machine that runs the tests.
  const acting: readonly Applier[] = [hostnameApplier, runCommandsApplier];
  const appliers = allAppliers.map((one) => (acting.includes(one) ? one : { ...one, run: async () => {} }));
  const options = { root: fake.root, appliers, print: () => {} };
  await runPhases(host, { ...options, phases: ['initrd', 'boot'] });
  await runPhases(host, { ...options, phases: ['runtime'] });
  await fake.write(
    'etc/ssh/ssh_host_ed25519_key.pub',
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILmTADlUVNlfsML6bt+BHyTEaNB3EkfgZLTTYzadTSr+\n',
  );
  const [call] = callsOf('status');
  // Who logs in may not read the disks.
  const denied = () => Promise.reject(Object.assign(new Error('EACCES'), { code: 'EACCES' }));
  host.files = { ...host.files, open: denied };
  const { out } = await runInside({ ...fake, host }, statusCommand, []);
  t.is(out, call?.output ?? '');
});

test('the other examples of YAML are the keyboard layout and the comment that editors look for', (t) => {
  const other = blocks.filter(({ language, text }) => language === 'yaml' && !text.startsWith('# /'));
  t.is(other.length, 2);
  for (const { text } of other) t.deepEqual(parseConfigYaml(text, 'a').diagnostics, []);
});

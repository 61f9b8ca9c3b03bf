import test from 'ava';
import type { Ask } from '../../src/cli/ask.ts';
import { askForTask, completeRequest, introduction } from '../../src/cli/install-prompts.ts';
import { requestOf } from '../../src/install/request.ts';
import { type FakeHost, fakeHost } from '../fakes/host.ts';
import { disk, facts } from '../install/fixtures.ts';
import { scriptedAsk } from './scripted-ask.ts';

const request = requestOf({ device: undefined, isoUrl: undefined }, {}, {});
const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';
const complete = (host: FakeHost, ask: Ask, machine = facts()) =>
  completeRequest(host, ask, request, machine);

test('Enter installs to a disk', async (t) => {
  const ask = scriptedAsk([/What should be done/, '']);
  t.is(await askForTask(ask, request, 'v1'), 'install');
});

test('the other choice', async (t) => {
  const ask = scriptedAsk([/What should be done/, 'Configure']);
  t.is(await askForTask(ask, request, 'v1'), 'configure');
});

test('an image without DCP has nothing to configure', async (t) => {
  const ask = scriptedAsk([/What should be done/, 'Configure']);
  await t.throwsAsync(askForTask(ask, request, ''), { message: /cannot be chosen/ });
});

test('who names a disk or a configuration is not asked', async (t) => {
  const ask = scriptedAsk();
  t.is(await askForTask(ask, { ...request, device: '/dev/vda' }, 'v1'), 'install');
  t.is(await askForTask(ask, { ...request, configUrl: '/c.yaml' }, 'v1'), 'install');
});

test('the introduction fits a console', (t) => {
  t.true(introduction.split('\n').every((line) => line.length <= 79));
});

test('a way to log in: typed again until both are the same, kept as a hash', async (t) => {
  const ask = scriptedAsk(
    ...([
      [/log in/, 'password'],
      [/^Password/, 'one'],
      [/same again/, 'two'],
      [/^Password/, 'one'],
      [/same again/, 'one'],
    ] as const),
  );
  const host = fakeHost({ tools: { openssl: (_, { input }) => `$6$${String(input).trim()}\n` } });
  const completed = await complete(host, ask);
  t.is(completed.config['bos.password'], '$6$one');
  t.deepEqual(ask.left, []);
  t.deepEqual(host.ran, ['openssl passwd -6 -stdin']);
});

test('a way to log in: keys are checked where they are typed', async (t) => {
  const ask = scriptedAsk([/log in/, 'GitHub'], [/GitHub user/, 'a b'], [/GitHub user/, ' octocat ']);
  const completed = await complete(fakeHost(), ask);
  t.deepEqual(completed.config.ssh_authorized_keys, ['github:octocat']);
  t.regex(ask.heard.join('\n'), /expected a public key/);
});

test('of several disks one is chosen, before the login', async (t) => {
  const ask = scriptedAsk([/which disk/, '/dev/vdb'], [/log in/, 'public key'], [/Public key/, `${key}\n`]);
  const machine = facts({ disks: [disk(), disk({ path: '/dev/vdb', serial: 'S2' })] });
  const completed = await complete(fakeHost(), ask, machine);
  t.is(completed.device, '/dev/vdb');
  t.deepEqual(completed.config.ssh_authorized_keys, [key]);
});

import test, { type ExecutionContext } from 'ava';
import { parse } from 'yaml';
import type { applyPhases } from '../../../../src/cli/commands/config/apply-action.ts';
import { configureLive } from '../../../../src/cli/commands/install/configure-action.ts';
import { OpsError } from '../../../../src/errors.ts';
import { fakeHost } from '../../../fakes/host.ts';
import { fakeTerminal } from './fake-world.ts';
import { type ScriptedAsk, scriptedAsk } from './scripted-ask.ts';

const path = '/var/lib/bhojpur/os/config.yaml';

async function configure(
  t: ExecutionContext,
  ask: ScriptedAsk,
  files: Readonly<Record<string, string>> = {},
  apply?: typeof applyPhases,
) {
  const host = fakeHost({ files: { '/proc/cmdline': 'bos.mode=live\n', ...files } });
  const terminal = fakeTerminal({ stdinIsTty: true });
  const applied: string[] = [];
  const record: typeof applyPhases = async (_, phases) => {
    t.deepEqual(phases, ['runtime']);
    applied.push(await host.files.readText(path));
    return 0;
  };
  const context = {
    host,
    workstation: async () => host,
    terminal,
    verbose: false,
    signal: new AbortController().signal,
  };
  const ended = await configureLive(context, ask, apply ?? record).then(
    (exit) => ({ exit }),
    (error: unknown) => ({ error: error as OpsError }),
  );
  const text = await host.files.readText(path).catch(() => undefined);
  const mode = (await host.files.stat(path))?.mode;
  return { ...{ error: undefined, exit: undefined }, ...ended, ...terminal.written, applied, text, mode };
}

const agent = () =>
  scriptedAsk(
    [/What should this system be/, 'agent'],
    [/Server URL/, 'https://myserver:6443'],
    [/Token/, 'myclustersecret'],
    [/Write it/, true],
  );
const server = (token = '') =>
  scriptedAsk([/What should this system be/, 'server'], [/Token/, token], [/Write it/, true]);

test('an agent: written for root alone, then applied, and no secret is shown', async (t) => {
  const ended = await configure(t, agent());
  t.is(ended.exit, 0);
  t.deepEqual(parse(ended.text ?? ''), {
    bos: { server_url: 'https://myserver:6443', token: 'myclustersecret' },
  });
  t.is(ended.mode, 0o600);
  t.deepEqual(ended.applied, [ended.text]);
  t.regex(ended.out, /agent of https:\/\/myserver:6443/);
  t.regex(ended.err, /config\.yaml will be:\n\n {2}bos:\n {4}server_url: https:\/\/myserver:6443/);
  t.notRegex(ended.out + ended.err, /myclustersecret/);
});

test('answers that cannot be right are asked again', async (t) => {
  const ask = scriptedAsk(
    [/system be/, 'agent'],
    ...['myserver:6443', 'http://myserver:6443', ' https://myserver:6443 '].map(
      (url) => [/URL/, url] as const,
    ),
    ...['', 'a\u0007b', ' secret '].map((token) => [/Token/, token] as const),
    [/Write it/, true],
  );
  const ended = await configure(t, ask);
  t.deepEqual(parse(ended.text ?? ''), { bos: { server_url: 'https://myserver:6443', token: 'secret' } });
  t.is(ask.heard.filter((line) => /https:\/\/ URL/.test(line)).length, 2);
  t.true(ask.heard.includes('An agent needs a token.'));
  t.true(ask.heard.includes('Expected one line without control characters.'));
});

test('a server needs nothing', async (t) => {
  const ended = await configure(t, server());
  t.is(ended.exit, 0);
  t.is(ended.text, '');
  t.regex(ended.err, /will be empty/);
  t.regex(ended.out, /DCP starts as a server\./);
});

test('a server with a token', async (t) => {
  t.deepEqual(parse((await configure(t, server('abc'))).text ?? ''), { bos: { token: 'abc' } });
});

test('other keys stay, and what earlier sources say against the choice is taken back', async (t) => {
  const ended = await configure(t, server(), {
    '/proc/cmdline': 'bos.server_url=https://other:6443 bos.dcp_args=agent\n',
    [path]:
      'hostname: mine\nbos:\n  token: old\n  password: secret one\n  label:\n    region: west\nwrite_files:\n- {path: /etc/a, content: b}\n',
  });
  t.is(ended.exit, 0);
  t.deepEqual(parse(ended.text ?? ''), {
    hostname: 'mine',
    write_files: [{ path: '/etc/a', content: 'b' }],
    bos: {
      ...{ password: 'secret one', server_url: null, token: null },
      ...{ labels: { region: 'west' }, dcp_args: null },
    },
  });
  t.notRegex(ended.err, /secret one/);
});

test('arguments of the role that was chosen are kept', async (t) => {
  const ended = await configure(t, server(), { [path]: 'bos: {dcp_args: [server, --cluster-init]}\n' });
  t.deepEqual(parse(ended.text ?? ''), { bos: { dcp_args: ['server', '--cluster-init'] } });
});

test('no: nothing is written or applied', async (t) => {
  const ask = scriptedAsk([/system be/, 'server'], [/Token/, ''], [/Write it/, false]);
  const ended = await configure(t, ask);
  t.is(ended.error?.code, 'declined');
  t.is(ended.text, undefined);
  t.deepEqual(ended.applied, []);
});

test('a faulty file is told with its place before anything is asked, and stays', async (t) => {
  const faulty = 'hostname: mine\nbos:\n  install: {silent: maybe}\n';
  const ended = await configure(t, scriptedAsk(), { [path]: faulty });
  t.is(ended.error?.code, 'config-invalid');
  t.regex(
    ended.error?.details.join('\n') ?? '',
    /^\/var\/lib\/bhojpur\/os\/config\.yaml:3:\d+: bos\.install/,
  );
  t.is(ended.text, faulty);
});

test('what could not be applied is the end', async (t) => {
  const ended = await configure(t, agent(), {}, () =>
    Promise.reject(new OpsError('broken', 'config-incomplete', 'The configuration was not fully applied')),
  );
  t.is(ended.error?.code, 'config-incomplete');
  t.is(ended.out, '');
});

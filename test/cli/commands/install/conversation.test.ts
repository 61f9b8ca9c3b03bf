/** From the first question to the agreement, on a live machine in memory. */
import test from 'ava';
import { installConversation } from '../../../../src/cli/commands/install/conversation.ts';
import { type InstallFlags, requestOf } from '../../../../src/install/request.ts';
import { fakeTerminal } from './fake-world.ts';
import { block, type LiveSetup, liveMachine } from './live-machine.ts';
import { esc, type Script, scriptedAsk } from './scripted-ask.ts';

async function held(script: Script, setup: LiveSetup = {}, flags: InstallFlags = {}, dcp = 'v1') {
  const ask = scriptedAsk(...script);
  const terminal = fakeTerminal({ stdinIsTty: true });
  const host = liveMachine(setup, { tools: { openssl: () => '$6$salt$hash\n' } });
  const context = {
    host,
    workstation: async () => host,
    terminal,
    verbose: false,
    signal: new AbortController().signal,
  };
  const { hold } = installConversation(context, ask);
  const answers = await hold(requestOf({}, flags, {}), dcp, () => {}).then(
    (answered) => (answered.task === 'install' ? answered : undefined),
    (error: unknown) => ({ error: error as Error & { code: string } }),
  );
  return { answers, shown: terminal.written.err, heard: ask.heard, left: ask.left, ran: host.ran };
}

const two = { disks: [block('vda'), block('vdb')] };
const toTheEnd: Script = [
  [/What would you like to do/, ''],
  [/which disk/, 'vdb'],
  [/log in/, 'password'],
  [/^Password/, 'one'],
  [/Repeat the password/, 'one'],
  [/Host name/, 'node1'],
  [/What should this system be/, 'server'],
  [/Token/, ''],
];

test('what was agreed to is what was shown', async (t) => {
  const { answers, shown, left, ran } = await held([...toTheEnd, [/Type yes/, 'yes']], two);
  t.deepEqual(left, []);
  if (answers === undefined || 'error' in answers) return t.fail(String(answers?.error));
  t.regex(answers.prepared.plan.target, /^\/dev\/vdb /);
  t.is(answers.request.config.hostname, 'node1');
  t.regex(shown, /Disk +\/dev\/vdb, .*\n.*Log in +as bhojpur, by a password\n +Host name +node1/);
  t.notRegex(shown, /destroys data/, 'the steps are for those who ask for them');
  t.deepEqual(
    ran.filter((line) => !/^(lsblk|wipefs|openssl|udevadm) /.test(line)),
    [],
  );
});

test('the steps can be seen before, and Esc passes over them', async (t) => {
  const { answers, shown, left } = await held(
    [
      ...toTheEnd,
      [/Type yes/, 'maybe'],
      [/Type yes/, 'plan'],
      [/Enter: the next of 2 pages/, ''],
      [/Type yes/, esc],
      [/Token/, esc],
      [/What should this system be/, esc],
      [/Host name/, ''],
      [/What should this system be/, 'server'],
      [/Token/, ''],
      [/Type yes/, 'yes'],
    ],
    two,
  );
  t.deepEqual(left, []);
  t.regex(shown, /Erase \/dev\/vdb: .*\[destroys data\]/s);
  if (answers === undefined || 'error' in answers) return t.fail(String(answers?.error));
  // Enter took what had been answered before.
  t.is(answers.request.config.hostname, 'node1');
});

test('no: nothing is touched', async (t) => {
  const { answers } = await held([...toTheEnd, [/Type yes/, 'no']], two);
  t.is(answers !== undefined && 'error' in answers && answers.error.code, 'declined');
});

test('Esc at the first question leaves', async (t) => {
  const { answers, ran } = await held([[/What would you like to do/, esc]], two);
  t.is(answers !== undefined && 'error' in answers && answers.error.code, 'left');
  t.deepEqual(ran, []);
});

test('Esc all the way back', async (t) => {
  const { answers } = await held(
    [
      ...toTheEnd.slice(0, 3),
      [/^Password/, esc],
      [/log in/, esc],
      [/which disk/, esc],
      [/What would you like to do/, esc],
    ],
    two,
  );
  t.is(answers !== undefined && 'error' in answers && answers.error.code, 'left');
});

test('without DCP the first question is the disk, of a single one how to log in; Esc leaves there', async (t) => {
  for (const [setup, question] of [
    [two, /which disk/],
    [{ disks: [block('vda')] }, /log in/],
  ] as const) {
    const { answers, heard, shown } = await held([[question, esc]], setup, {}, '');
    t.is(answers !== undefined && 'error' in answers && answers.error.code, 'left');
    t.is(heard.length, 1);
    t.is(/^Disk: \/dev\/vda, /m.test(shown), setup !== two);
  }
});

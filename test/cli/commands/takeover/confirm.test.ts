/** `opsctl takeover confirm`: in a system that is tried, and everywhere else. */
import test from 'ava';
import { takeoverCommand } from '../../../../src/cli/commands/takeover/command.ts';
import { confirmedPath } from '../../../../src/runtime/takeover/confirmation.ts';
import { trialEndPath } from '../../../../src/runtime/trial/judge.ts';
import { fakeHost } from '../../../fakes/host.ts';
import { runProgram } from '../install/fake-world.ts';

const tried = JSON.stringify({ mode: 'disk', state: '/dev/vda3', try: 't' });
const run = async (files: Readonly<Record<string, string>>, uid = 0, ...more: readonly string[]) => {
  const host = fakeHost({ files });
  Object.assign(host.system, { uid });
  const argv = ['takeover', 'confirm', ...more];
  const { exitCode, out, err } = await runProgram(argv, { commands: [takeoverCommand], host });
  return { exitCode, out, err, confirmed: await host.files.exists(confirmedPath) };
};

test('kept, for a person and for a program', async (t) => {
  const person = await run({ '/run/bos/boot.json': tried });
  t.like(person, { exitCode: 0, confirmed: true });
  t.regex(person.out, /^This system is kept: the old one is deleted now/);
  const program = await run({ '/run/bos/boot.json': tried }, 0, '--json');
  t.like(JSON.parse(program.out), { type: 'result', ok: true, exitCode: 0 });
});

test('only as root', async (t) => {
  t.like(await run({ '/run/bos/boot.json': tried }, 1000), { exitCode: 3, confirmed: false });
});

test('refused where no takeover is tried', async (t) => {
  const nothing = { '/run/bos/boot.json': JSON.stringify({ mode: 'disk', try: '' }) };
  for (const files of [nothing, { '/run/bos/boot.json': tried, [trialEndPath]: '' }]) {
    const { exitCode, err, confirmed } = await run(files);
    t.like({ exitCode, confirmed }, { exitCode: 3, confirmed: false });
    t.regex(err, /No takeover is on trial here/);
  }
  const other = await run({});
  t.is(other.exitCode, 3);
  t.regex(other.err, /No takeover is on trial here/);
});

test('too late, in the old system: why it is back, and how to try again', async (t) => {
  for (const [place, folder, program] of [
    ['', '/boot/grub', 'grub-reboot'],
    ['/boot', '/boot/grub2', 'grub2-reboot'],
  ] as const) {
    const files = { [`${place}/bos/system/takeover.json`]: '{}', [`${folder}/grub.cfg`]: '' };
    const returned = `${place}/bos/system/takeover-returned`;
    const reason = '2026-01-01T00:00:00.000Z nobody confirmed the new system within 10 min\n';
    const late = await run({ ...files, [returned]: reason });
    t.like(late, { exitCode: 3, confirmed: false });
    const said = late.err.replaceAll(/\s+/g, ' ');
    t.regex(said, /This is the old system: there is no takeover on trial to confirm/);
    t.regex(said, /given up: 2026\S+ nobody confirmed the new system within 10 min/);
    t.true(said.includes(`sudo ${program} bos-takeover && sudo reboot`), said);
    t.true(said.includes(`sudo rm -r ${place}/bos`), said);
    t.notRegex((await run(files)).err, /given up/);
  }
});

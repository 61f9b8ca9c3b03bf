import type { ExecutionContext } from 'ava';
import test from 'ava';
import type { RunPhase } from '../../../src/runtime/appliers/applier.ts';
import { applyContext } from '../../../src/runtime/appliers/applier.ts';
import {
  passwordLoginFile,
  sshPasswordLoginApplier,
} from '../../../src/runtime/appliers/ssh-password-login.ts';
import { fakeRoot } from '../fake-root.ts';

const reload = 'systemctl try-reload-or-restart ssh.service';

/** A root on which sshd runs, unless it is `booting`. */
async function node(t: ExecutionContext, { booting = false } = {}) {
  const fake = await fakeRoot(t);
  if (!booting) await fake.write('run/systemd/system/.keep', '');
  const ran: string[] = [];
  const failing = new Set<string>();
  const run = async (command: string, args: readonly string[]) => {
    ran.push([command, ...args].join(' '));
    if (failing.has(command)) throw new Error(`${command} failed`);
    return { exitCode: 0, stdout: '', stderr: '' };
  };
  const host = { ...fake.host, processes: { ...fake.host.processes, run } };
  const apply = (allowed: boolean | undefined, phase: RunPhase = 'runtime') =>
    sshPasswordLoginApplier.run(
      applyContext(
        host,
        fake.root,
        phase,
        allowed === undefined ? {} : { 'bos.ssh_password_login': allowed },
      ),
    );
  const text = () => fake.read(passwordLoginFile).catch(() => undefined);
  return { ...fake, ran, failing, apply, text };
}

test('ssh password login: turned off in the boot phase, before sshd; at runtime there is nothing left to do', async (t) => {
  const { apply, text, mode, ran, write } = await node(t, { booting: true });
  await apply(false, 'boot');
  t.regex((await text()) ?? '', /^#.*\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n$/);
  t.is(await mode(passwordLoginFile), '644');
  await write('run/systemd/system/.keep', '');
  await apply(false);
  t.deepEqual(ran, []);
});

test('ssh password login: a running sshd learns of each change, once', async (t) => {
  const { apply, text, ran } = await node(t);
  await apply(false);
  await apply(false);
  t.deepEqual(ran, [reload]);
  await apply(true);
  await apply(true);
  t.is(await text(), undefined);
  t.deepEqual(ran, [reload, reload]);
});

test('ssh password login: on by default, and a key that is gone opens nothing before the next boot', async (t) => {
  const { apply, text, ran } = await node(t);
  await apply(undefined);
  await apply(true);
  t.is(await text(), undefined);
  t.deepEqual(ran, []);
  await apply(false);
  await apply(undefined);
  t.regex((await text()) ?? '', /PasswordAuthentication no/);
});

test('ssh password login: what somebody changed in the file is put right', async (t) => {
  const { apply, text, write, ran } = await node(t);
  await write(passwordLoginFile, 'PasswordAuthentication yes\n');
  await apply(false);
  t.regex((await text()) ?? '', /PasswordAuthentication no/);
  t.deepEqual(ran, [reload]);
});

test('ssh password login: an sshd that cannot read its files again is a fault, and the file stays', async (t) => {
  const { apply, text, failing } = await node(t);
  failing.add('systemctl');
  await t.throwsAsync(apply(false), { message: 'systemctl failed' });
  t.regex((await text()) ?? '', /PasswordAuthentication no/);
});

test('ssh password login: sshd reads the file before all others, whose names begin with a letter or a number', (t) => {
  const own = passwordLoginFile.split('/').at(-1) ?? '';
  t.is([own, 'bos.conf', '10-mine.conf', '50-cloud-init.conf'].toSorted()[0], own);
});

import type { ExecutionContext } from 'ava';
import test from 'ava';
import type { RunPhase } from '../../../src/runtime/appliers/applier.ts';
import { applyContext } from '../../../src/runtime/appliers/applier.ts';
import { passwordApplier } from '../../../src/runtime/appliers/password.ts';
import {
  openedFile,
  passwordLoginFile,
  sshPasswordLoginApplier,
} from '../../../src/runtime/appliers/ssh-password-login.ts';
import { fakeRoot, real } from '../fake-root.ts';

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
  return { ...fake, host, ran, failing, apply, text };
}

test('ssh password login: turned off in the boot phase, before sshd; at runtime there is nothing left to do', async (t) => {
  const { apply, text, mode, ran, write, effects } = await node(t, { booting: true });
  await apply(false, 'boot');
  t.true(effects.includes(`replace ROOT${passwordLoginFile} 0644`), 'whole under its name');
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

const image = 'etc/ssh/sshd_config.d/bos.conf';
const closed = 'PermitRootLogin no\nPasswordAuthentication no\n';

test('ssh password login: an image that is closed is opened by the key, and told once', async (t) => {
  const { apply, read, write, ran, effects } = await node(t);
  await write(image, closed);
  await apply(true);
  t.true(effects.includes(`replace ROOT${openedFile} 0644`), 'whole under its name');
  await apply(true);
  t.regex(await read(openedFile), /^#.*\nPasswordAuthentication yes\n$/);
  t.deepEqual(ran, [reload]);
});

test('ssh password login: a configured password opens it before sshd starts; a locked or empty one does not', async (t) => {
  for (const [config, opened] of [
    [{ 'bos.password': '$6$salt$hash' }, true],
    [{ 'bos.password': '$6$salt$hash', 'bos.ssh_password_login': true }, true],
    [{ 'bos.password': '$6$salt$hash', 'bos.ssh_password_login': false }, false],
    [{ 'bos.password': '*' }, false],
    [{ 'bos.password': '' }, false],
  ] as const) {
    const { host, root, read, write, ran } = await node(t, { booting: true });
    await write(image, closed);
    for (const phase of ['initrd', 'boot'] as const)
      await passwordApplier.run(applyContext(host, root, phase, config));
    const text = await read(openedFile).catch(() => undefined);
    t.is(text?.includes('PasswordAuthentication yes') ?? false, opened, JSON.stringify(config));
    t.deepEqual(ran, []);
  }
});

test('ssh password login: a password from a cloud opens a running sshd', async (t) => {
  const { host, root, write, ran } = await node(t);
  await write(image, closed);
  await passwordApplier.run(applyContext(host, root, 'runtime', { 'bos.password': '$6$salt$hash' }));
  t.deepEqual(ran, [reload]);
});

test('ssh password login: the image opens nothing by itself, forwards no X11, and is read last', async (t) => {
  const text = await real.files.readText(`os/overlay/${image}`);
  for (const line of [
    'PasswordAuthentication no',
    'PermitEmptyPasswords no',
    'PermitRootLogin no',
    'X11Forwarding no',
  ])
    t.true(text.split('\n').includes(line), line);
  const names = [image, openedFile, passwordLoginFile].map((path) => path.split('/').at(-1) ?? '');
  t.deepEqual(names.toSorted(), names.toReversed());
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

/** The takeover on the old system: what is refused, the plan, and the plan carried out and cut off on a real tree. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { stateEnvironmentPath } from '../../../src/boot/environment.ts';
import type { OpsError } from '../../../src/errors.ts';
import { parseEnvironmentBlock } from '../../../src/formats/boot-config/grubenv.ts';
import { sha256Of } from '../../../src/host/digest.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { Host } from '../../../src/host/ports.ts';
import type { TakeoverFacts } from '../../../src/install/takeover/facts.ts';
import { planTakeover, type TakeoverInput } from '../../../src/install/takeover/plan.ts';
import { prepareTakeover } from '../../../src/install/takeover/prepare.ts';
import { renderManifest } from '../../../src/media/manifest.ts';
import { execute } from '../../../src/plan/execute.ts';
import { handlerOf } from '../../../src/plan/plan.ts';
import { handlers, stepSchema } from '../../../src/steps/index.ts';
import { facts as liveFacts, liveHost, manifest, mediumRoot, request } from '../fixtures.ts';
import { apartFacts, bootUuid, oldFacts, oldMenu, rootUuid, superBlock } from './fixtures.ts';
import { contentOf, failingAt, quick } from './real-tree.ts';

const host = linuxHost();
const { files } = host;
const release = `${mediumRoot}/bos/system/manifest.json`;
const asked = request({ isoUrl: release });
/** A release has to be whole. */
const modules = {
  path: `bos/system/kernel/${manifest.kernel}/kernel.squashfs`,
  size: 1,
  sha256: sha256Of('m'),
};
const released = () =>
  liveHost({
    files: {
      [release]: renderManifest({ ...manifest, files: [...manifest.files, modules] }),
      [`${mediumRoot}/${modules.path}`]: 'm',
    },
  });

const input = (more: Partial<TakeoverInput> = {}): TakeoverInput => ({
  request: { debug: false, powerOff: false },
  facts: { arch: 'amd64', consoles: ['tty0', 'ttyS0,115200'] },
  target: { device: '/dev/vda3', uuid: rootUuid, folder: 'boot/grub' },
  mediumRoot,
  manifest,
  manifestText: renderManifest(manifest),
  config: { size: 14, sha256: sha256Of('hostname: one\n') },
  ...more,
});

const secret = '-----BEGIN OPENSSH PRIVATE KEY-----\nhidden\n';
const hostKey = (folder: string) => ({
  path: join(folder, 'ssh_host_ed25519_key'),
  ...{ name: 'ssh_host_ed25519_key', size: secret.length, sha256: sha256Of(secret) },
});

test('the plan of a takeover', (t) => t.snapshot(planTakeover(input())));
test('the plan with a trial, and with what is carried over', (t) => {
  const carry = { holds: 'from this system the host name old', hostKeys: [hostKey('/etc/ssh')] };
  const confirm = { seconds: 600, url: 'https://up.example/ok' };
  const { steps } = planTakeover(input({ carry, confirm }));
  t.snapshot(steps.map((step) => handlerOf(handlers, step).describe(step)));
});
test('the plan with boot/grub2, switching off, a terminal and debugging', (t) => {
  const target = { ...input().target, folder: 'boot/grub2' } as const;
  t.snapshot(planTakeover(input({ target, request: { debug: true, tty: 'ttyS1', powerOff: true } })));
});
test('the plan with GRUB on an XFS of its own', (t) => {
  const boot = {
    device: '/dev/vda2',
    disk: '/dev/vda',
    uuid: bootUuid,
    fsType: 'xfs',
    mountPoint: '/boot',
    path: '/grub2',
  } as const;
  t.snapshot(planTakeover(input({ target: { ...input().target, folder: 'boot/grub2', boot } })));
});
test('a plan is plain data, destroys nothing, and makes the one-time entry last', (t) => {
  const { steps } = planTakeover(input());
  for (const step of steps) t.deepEqual(stepSchema.parse(JSON.parse(JSON.stringify(step))), step);
  t.deepEqual(
    steps.filter(({ kind }) => handlers[kind].destructive),
    [],
  );
  t.deepEqual(
    steps.slice(-2).map(({ id }) => id),
    ['write-marker', 'boot-once'],
  );
});

const refuses = test.macro({
  title: (name) => `refuses ${name}`,
  exec: async (
    t,
    code: string,
    more: Parameters<typeof request>[0],
    facts: TakeoverFacts = oldFacts(),
    uid: number = 0,
  ) => {
    const fake = released();
    Object.assign(fake.system, { uid });
    await t.throwsAsync(prepareTakeover(fake, { ...asked, ...more }, facts), { code });
    t.deepEqual(fake.ran, []);
  },
});
test('a user that is not root', refuses, 'not-root', {}, oldFacts(), 1000);
test('an ISO of the wrong architecture', refuses, 'medium-arch', {}, oldFacts({ arch: 'arm64' }));
test('too little room', refuses, 'takeover-room', {}, oldFacts({ freeSpace: 1e8 }));
test('a system that nobody could log in to', refuses, 'no-login', { config: {} });
test('another device than the root', refuses, 'takeover-device-other', { device: '/dev/vdb' });
test(
  'a system that cannot be taken over',
  refuses,
  'takeover-boot-apart',
  {},
  oldFacts(apartFacts({ fsType: 'btrfs' })),
);
test('a disk for /var', refuses, 'takeover-flags', { varDevice: '/dev/vdb' });
test('another firmware', refuses, 'takeover-flags', { forceEfi: true });
test('all that is known to be wrong is told at once: the old system, the ISO, the configuration', async (t) => {
  const { isoUrl: _, ...none } = asked;
  const facts = oldFacts(apartFacts({ fsType: 'btrfs' }));
  const wrong = prepareTakeover(released(), { ...none, config: {} }, facts);
  const error = await t.throwsAsync<OpsError>(wrong, { code: 'takeover-boot-apart' });
  t.regex(error?.details.join('\n') ?? '', /^also: A takeover needs the ISO.*\nalso: Nobody could log in/m);
});
test('no ISO', async (t) => {
  const { isoUrl: _, ...none } = asked;
  await t.throwsAsync(prepareTakeover(released(), none, oldFacts()), { code: 'medium-missing' });
});
test('takes the root by its name, and plans for what it found', async (t) => {
  const { plan } = await prepareTakeover(released(), { ...asked, device: '/dev/vda3' }, oldFacts());
  t.is(plan.operation, 'takeover');
  t.is(plan.steps.length, 14);
  t.is(liveFacts().arch, 'amd64');
});

interface Old {
  readonly root: string;
  readonly run: (on: Host) => Promise<void>;
}

/** An old root with an ext4 as its device, and what carries the plan out on it. */
async function oldRoot(t: ExecutionContext): Promise<Old> {
  const folder = await files.makeTempDir('bos-takeover-');
  t.teardown(() => files.remove(folder));
  const [root, device, medium] = ['root', 'device', 'medium'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const put = async (path: string, text: string) => {
    await files.makeDir(join(path, '..'));
    await files.write(path, text);
  };
  await put(join(root, 'etc/fstab'), 'old');
  await put(join(root, 'boot/grub/grub.cfg'), oldMenu);
  await put(join(root, 'boot/grub/custom.cfg'), 'menuentry mine {\n}\n');
  execFileSync('grub-editenv', [join(root, 'boot/grub/grubenv'), 'set', 'saved_entry=0']);
  await put(join(folder, 'config.yaml'), 'hostname: one\n');
  const key = hostKey(folder);
  await put(key.path, secret);
  const source = liveHost();
  for (const { path } of manifest.files)
    await put(join(medium, path), await source.files.readText(`${mediumRoot}/${path}`));
  // Only its super block is read.
  await files.write(device, superBlock(rootUuid));
  const plan = planTakeover(
    input({
      ...{ mediumRoot: medium, target: { device, uuid: rootUuid, folder: 'boot/grub' } },
      carry: { hostKeys: [key] },
    }),
  );
  const names = { 'mount:root': root, 'file:config': join(folder, 'config.yaml') };
  return { root, run: (on) => execute(plan, handlers, { host: on, emit: () => {}, names }) };
}

const before = '[["saved_entry","0"]]';

async function isPrepared(t: ExecutionContext, { root }: Old): Promise<void> {
  const found = contentOf(root);
  // As GRUB's own tools read it.
  const listed = execFileSync('grub-editenv', [join(root, 'boot/grub/grubenv'), 'list'], {
    encoding: 'utf8',
  });
  t.is(listed, 'saved_entry=0\nnext_entry=bos-takeover\n');
  t.is(found['boot/grub/grub.cfg'], oldMenu);
  t.is(found['etc/fstab'], 'old');
  t.true(found['boot/grub/custom.cfg']?.startsWith('menuentry mine {\n}\n'));
  t.is(found['bos/system/os/current'], `-> ${manifest.os}`);
  for (const { path, sha256 } of manifest.files) t.is(sha256Of(await files.read(join(root, path))), sha256);
  t.is(parseEnvironmentBlock(await files.read(join(root, stateEnvironmentPath))).get('bos_mark'), 'filling');
  t.is((await files.stat(join(root, 'bos/system/config.yaml')))?.mode, 0o600);
  t.true(await files.exists(join(root, 'bos/system/takeover.json')));
  // Nobody but root reads a host key, at any moment.
  const carried = join(root, 'bos/system/carried-ssh');
  t.is((await files.stat(carried))?.mode, 0o700);
  t.is((await files.stat(join(carried, 'ssh_host_ed25519_key')))?.mode, 0o600);
  t.is(await files.readText(join(carried, 'ssh_host_ed25519_key')), secret);
}

test('carried out: the system lies beside the old one, which is the default as before', async (t) => {
  const old = await oldRoot(t);
  await old.run(host);
  await isPrepared(t, old);
  // A second one is refused, and takes nothing back.
  await t.throwsAsync(old.run(host), { code: 'takeover-pending' });
  await isPrepared(t, old);
});

test('when any of its calls fails, everything is as it was', async (t) => {
  const whole = failingAt(Number.POSITIVE_INFINITY, false);
  await (await oldRoot(t)).run(whole.host);
  t.true(whole.calls() > 60, `${whole.calls()} calls`);
  let failed = 0;
  for (let at = 1; at <= whole.calls(); at += 1) {
    const old = await oldRoot(t);
    const was = contentOf(old.root);
    const error = await old.run(failingAt(at, false).host).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    // Some need not succeed: the journal of an installation that has none.
    if (error === undefined) {
      await isPrepared(t, old);
      continue;
    }
    failed += 1;
    t.deepEqual(contentOf(old.root), was, `call ${at}`);
  }
  t.true(failed > 50, `${failed} failed`);
});

test('cut off before any of its calls, the old system starts, and the same command starts over', async (t) => {
  const whole = failingAt(Number.POSITIVE_INFINITY, true);
  await (await oldRoot(t)).run(whole.host);
  for (let at = 1; at <= whole.calls(); at += 1) {
    const old = await oldRoot(t);
    await t.throwsAsync(old.run(failingAt(at, true).host), undefined, `call ${at}`);
    const found = contentOf(old.root);
    t.is(found['boot/grub/grub.cfg'], oldMenu);
    t.is(found['etc/fstab'], 'old');
    t.true(found['boot/grub/custom.cfg']?.startsWith('menuentry mine {\n}\n'));
    // What is tried is whole, and nothing is tried without the marker that the menu looks for.
    if (found['boot/grub/grubenv'] !== before) await isPrepared(t, old);
    else if (found['bos/system/takeover.json'] === undefined && at % 4 === 0) {
      await old.run(quick);
      await isPrepared(t, old);
    }
  }
});

/** The plan that puts a system where the old boot loader starts it from memory: as data, and carried out on a real tree. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { parseReplaceMarker } from '../../../../src/boot/replace-menu.ts';
import { sha256Of } from '../../../../src/host/digest.ts';
import { linuxHost } from '../../../../src/host/linux/index.ts';
import type { Host } from '../../../../src/host/ports.ts';
import type { BootTarget } from '../../../../src/install/takeover/check-boot.ts';
import { planReplace, type ReplaceInput } from '../../../../src/install/takeover/replace/plan.ts';
import { withHostKeys } from '../../../../src/install/takeover/replace/with-host-keys.ts';
import { renderManifest } from '../../../../src/media/manifest.ts';
import { execute } from '../../../../src/plan/execute.ts';
import { handlers, type Step, stepSchema } from '../../../../src/steps/index.ts';
import { lineOf, notedFiles, notedProcesses } from '../../../fakes/effects.ts';
import { liveHost, manifest, mediumRoot } from '../../fixtures.ts';
import { bootUuid, oldMenu, superBlock } from '../fixtures.ts';
import { contentOf, failingAt, quick } from '../real-tree.ts';

const host = linuxHost();
const { files } = host;

const boot: BootTarget = {
  device: '/dev/vda2',
  disk: '/dev/vda',
  uuid: bootUuid,
  fsType: 'ext4',
  mountPoint: '/boot',
  path: '/grub',
};

const input = (more: Partial<ReplaceInput> = {}): ReplaceInput => ({
  request: { debug: false, powerOff: false, allowNoLogin: false, allowWarnings: false },
  facts: { arch: 'amd64', consoles: ['tty0', 'ttyS0,115200'] },
  target: { boot, folder: 'boot/grub', mounts: ['/', '/boot', '/home'] },
  mediumRoot,
  manifest,
  manifestText: renderManifest(manifest),
  config: { size: 14, sha256: sha256Of('hostname: one\n') },
  ...more,
});

const secret = '-----BEGIN OPENSSH PRIVATE KEY-----\nold\n';
const hostKey = {
  path: '/etc/ssh/ssh_host_ed25519_key',
  name: 'ssh_host_ed25519_key',
  size: secret.length,
  sha256: sha256Of(secret),
};
const carriedKey = 'bos/system/carried-ssh/ssh_host_ed25519_key';

test('the plan', (t) => t.snapshot(planReplace(input({ confirm: { seconds: 600 } }))));
test('the plan on the XFS of a root, with another terminal, debugging and switching off', (t) => {
  const place = {
    ...boot,
    fsType: 'xfs',
    mountPoint: '/',
    path: '/boot/grub2',
    device: '/dev/vda3',
  } as const;
  const request = { debug: true, tty: 'ttyS1', powerOff: true, allowNoLogin: true, allowWarnings: true };
  t.snapshot(planReplace(input({ request, target: { ...input().target, boot: place } })));
});

test('a plan is plain data, destroys nothing, says what will be erased, and makes the one-time entry last', (t) => {
  const { steps } = planReplace(input());
  for (const step of steps) t.deepEqual(stepSchema.parse(JSON.parse(JSON.stringify(step))), step);
  t.deepEqual(
    steps.filter(({ kind }) => handlers[kind].destructive),
    [],
  );
  const ids = steps.map(({ id }) => id);
  t.deepEqual(ids.slice(-3), ['add-menu-entry', 'write-marker', 'boot-once']);
  t.true(ids.indexOf('verify-system') < ids.indexOf('add-menu-entry'));
  const last = steps.at(-1);
  t.is(
    last?.kind === 'boot-once' ? handlers['boot-once'].describe(last) : '',
    'Boot Bhojpur OS once at the next start, in memory; when it has booted, it ERASES ALL OF /dev/vda (/, /boot, /home) and installs itself there',
  );
});

test('the installation carries the host keys on before its disk is whole, and says whose they are', (t) => {
  const step = (id: string): Step => ({
    ...{ id, kind: 'write-file', at: 'mount:state', path: id, mode: 0o644 },
    content: { from: 'text', text: '' },
  });
  const whole = {
    v: 1,
    operation: 'install',
    target: '/dev/vda',
    steps: ['write-menu', 'write-manifest'].map(step),
  } as const;
  const { steps } = withHostKeys(whole, [hostKey, { ...hostKey, name: 'ssh_host_ed25519_key.pub' }]);
  t.deepEqual(
    steps.map(({ id }) => id),
    [
      ...[
        'write-menu',
        'make-host-key-folder',
        'write-ssh-host-ed25519-key',
        'write-ssh-host-ed25519-key-pub',
      ],
      'write-manifest',
    ],
  );
  t.like(steps[2], { at: 'mount:state', path: carriedKey, mode: 0o600 });
  t.deepEqual(withHostKeys(whole, []), whole);
  t.throws(() => withHostKeys({ ...whole, steps: [] }, [hostKey]));
});

interface Old {
  readonly root: string;
  readonly run: (on: Host) => Promise<void>;
}

async function oldSystem(t: ExecutionContext): Promise<Old> {
  const folder = await files.makeTempDir('bos-replace-');
  t.teardown(() => files.remove(folder));
  const put = async (path: string, text: string) => {
    await files.makeDir(join(folder, path, '..'));
    await files.write(join(folder, path), text);
  };
  await put('boot/grub/grub.cfg', oldMenu);
  await put('boot/grub/custom.cfg', 'menuentry mine {\n}\n');
  await put('boot/vmlinuz', 'old');
  execFileSync('grub-editenv', [join(folder, 'boot/grub/grubenv'), 'set', 'saved_entry=0']);
  await put('config.yaml', 'hostname: one\n');
  await put('etc/ssh/key', secret);
  const source = liveHost();
  for (const { path } of manifest.files)
    await put(`medium/${path}`, await source.files.readText(`${mediumRoot}/${path}`));
  // Only its super block is read.
  await files.write(join(folder, 'device'), superBlock(bootUuid));
  const place = { ...boot, mountPoint: join(folder, 'boot'), device: join(folder, 'device') };
  const plan = planReplace(
    input({
      mediumRoot: join(folder, 'medium'),
      target: { ...input().target, boot: place },
      carry: { holds: undefined, hostKeys: [{ ...hostKey, path: join(folder, 'etc/ssh/key') }] },
    }),
  );
  const names = { 'mount:root': '', 'file:config': join(folder, 'config.yaml') };
  return {
    root: place.mountPoint,
    run: (on) => execute(plan, handlers, { host: on, emit: () => {}, names }),
  };
}

async function isPrepared(t: ExecutionContext, { root }: Old): Promise<void> {
  const found = contentOf(root);
  t.is(found['grub/grubenv'], '[["saved_entry","0"],["next_entry","bos-takeover"]]');
  t.is(found['grub/grub.cfg'], oldMenu);
  t.is(found.vmlinuz, 'old');
  t.true(found['grub/custom.cfg']?.startsWith('menuentry mine {\n}\n'));
  for (const { path, sha256 } of manifest.files) t.is(sha256Of(await files.read(join(root, path))), sha256);
  t.is((await files.stat(join(root, 'bos/system/config.yaml')))?.mode, 0o600);
  t.is((await files.stat(join(root, carriedKey)))?.mode, 0o600);
  t.is((await files.stat(join(root, carriedKey, '..')))?.mode, 0o700);
  t.like(parseReplaceMarker(found['bos/system/takeover.json'] ?? ''), { boot: { uuid: bootUuid } });
  // All that the entry loads is there.
  const loads = /if initrd (.*); then/.exec(found['grub/custom.cfg'] ?? '')?.[1]?.split(' ') ?? [];
  t.is(loads.length, 2 * (manifest.files.length + 2) + 2);
  for (const path of loads) t.true(await files.exists(join(root, path)), path);
}

test('carried out: it lies beside the old kernel; a second one is refused, and takes nothing back', async (t) => {
  const old = await oldSystem(t);
  await old.run(quick);
  await isPrepared(t, old);
  await t.throwsAsync(old.run(quick), { code: 'takeover-pending' });
  await isPrepared(t, old);
});

test('what the entry loads becomes the medium: with cpio, as the kernel unpacks it', async (t) => {
  const old = await oldSystem(t);
  await old.run(quick);
  const custom = await files.readText(join(old.root, 'grub/custom.cfg'));
  const [initrd, ...rest] = /if initrd (.*); then/.exec(custom)?.[1]?.split(' ') ?? [];
  t.is(initrd, `/bos/system/kernel/${manifest.kernel}/initrd`);
  const archive = Buffer.concat(
    rest.map((path) => {
      const bytes = readFileSync(join(old.root, path));
      return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
    }),
  );
  const out = join(old.root, '../out');
  await files.makeDir(out);
  execFileSync('cpio', ['--extract', '--quiet'], { cwd: out, input: archive });
  for (const { path, sha256 } of manifest.files) t.is(sha256Of(await files.read(join(out, path))), sha256);
  t.is(await files.readText(join(out, 'bos/system/config.yaml')), 'hostname: one\n');
  t.is((await files.stat(join(out, 'bos/system/config.yaml')))?.mode, 0o600);
  t.is(await files.readText(join(out, carriedKey)), secret);
  t.is((await files.stat(join(out, carriedKey)))?.mode, 0o600);
  t.is(await files.readText(join(out, 'bos/system/manifest.json')), renderManifest(manifest));
  t.like(parseReplaceMarker(await files.readText(join(out, 'bos/system/takeover.json'))), {
    after: 'reboot',
  });
  t.is(readlinkSync(join(out, 'bos/system/os/current')), manifest.os);
});

test('what is loaded is on the disk before the entry, the entry before the marker, and that before it is chosen', async (t) => {
  const old = await oldSystem(t);
  const lines: string[] = [];
  const note = (effect: Parameters<typeof lineOf>[0]) =>
    void lines.push(lineOf(effect).replaceAll(old.root, 'BOOT'));
  await old.run({
    ...quick,
    files: notedFiles(quick.files, note),
    processes: notedProcesses(quick.processes, note),
  });
  const at = (pattern: RegExp) => {
    const found = lines.findIndex((line) => pattern.test(line));
    t.true(found >= 0, `${pattern}\n${lines.join('\n')}`);
    return found;
  };
  const order = [
    at(/^sync .*config\.yaml$/),
    at(/^sync .*1\.cpio$/),
    at(/^sync .*manifest\.json$/),
    at(/^replace .*custom\.cfg/),
    at(/^sync .*takeover\.json$/),
    at(/^run sync -f BOOT\/grub\/grubenv$/),
    at(/^write .*grubenv 0\+512$/),
    at(/^sync .*grubenv$/),
  ];
  t.deepEqual(
    order,
    order.toSorted((a, b) => a - b),
  );
});

test('when a call fails, everything is as it was; cut off, the old system starts and the same starts over', async (t) => {
  const whole = failingAt(Number.POSITIVE_INFINITY, true);
  await (await oldSystem(t)).run(whole.host);
  t.true(whole.calls() > 50, `${whole.calls()} calls`);
  for (let at = 1; at <= whole.calls(); at += 7) {
    const old = await oldSystem(t);
    const was = contentOf(old.root);
    const error = await old.run(failingAt(at, false).host).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error === undefined) await isPrepared(t, old);
    else t.deepEqual(contentOf(old.root), was, `call ${at} fails`);

    const cut = await oldSystem(t);
    await t.throwsAsync(cut.run(failingAt(at, true).host), undefined, `call ${at}`);
    const found = contentOf(cut.root);
    t.is(found['grub/grub.cfg'], oldMenu);
    t.is(found.vmlinuz, 'old');
    // What is tried is whole, and nothing is tried without the marker that the menu looks for.
    if (found['grub/grubenv'] !== was['grub/grubenv']) await isPrepared(t, cut);
    else if (found['bos/system/takeover.json'] === undefined) {
      await cut.run(quick);
      await isPrepared(t, cut);
    }
  }
});

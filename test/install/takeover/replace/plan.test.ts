/** The plan that puts a system where the old boot loader starts it from memory: as data, and carried out on a real tree. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { parseReplaceMarker } from '../../../../src/boot/replace-menu.ts';
import { sha256Of } from '../../../../src/host/digest.ts';
import { linuxHost } from '../../../../src/host/linux/index.ts';
import { planReplace } from '../../../../src/install/takeover/replace/plan.ts';
import { withHostKeys } from '../../../../src/install/takeover/replace/with-host-keys.ts';
import { renderManifest } from '../../../../src/media/manifest.ts';
import { handlers, type Step, stepSchema } from '../../../../src/steps/index.ts';
import { lineOf, notedFiles, notedProcesses } from '../../../fakes/effects.ts';
import { manifest } from '../../fixtures.ts';
import { quick } from '../real-tree.ts';
import {
  boot,
  carriedKey,
  failingEvery,
  hostKey,
  input,
  isPrepared,
  oldSystem,
  secret,
} from './old-system.ts';

const { files } = linuxHost();

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

test('when a call fails, everything is as it was; cut off, the old system starts and the same starts over', (t) =>
  failingEvery(t, 31));

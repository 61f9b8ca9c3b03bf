/** A plan that puts a system where the old boot loader starts it from memory, and an old system that it is carried out on. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { parseReplaceMarker } from '../../../../src/boot/replace-menu.ts';
import { sha256Of } from '../../../../src/host/digest.ts';
import { linuxHost } from '../../../../src/host/linux/index.ts';
import type { Host } from '../../../../src/host/ports.ts';
import type { BootTarget } from '../../../../src/install/takeover/check-boot.ts';
import { planReplace, type ReplaceInput } from '../../../../src/install/takeover/replace/plan.ts';
import { renderManifest } from '../../../../src/media/manifest.ts';
import { execute } from '../../../../src/plan/execute.ts';
import { handlers } from '../../../../src/steps/index.ts';
import { liveHost, manifest, mediumRoot } from '../../fixtures.ts';
import { bootUuid, oldMenu, superBlock } from '../fixtures.ts';
import { contentOf, failingAt, quick } from '../real-tree.ts';

const host = linuxHost();
const { files } = host;

export const boot: BootTarget = {
  device: '/dev/vda2',
  disk: '/dev/vda',
  uuid: bootUuid,
  fsType: 'ext4',
  mountPoint: '/boot',
  path: '/grub',
};

export const input = (more: Partial<ReplaceInput> = {}): ReplaceInput => ({
  request: { debug: false, powerOff: false, allowNoLogin: false, allowWarnings: false },
  facts: { arch: 'amd64', consoles: ['tty0', 'ttyS0,115200'] },
  target: { boot, folder: 'boot/grub', mounts: ['/', '/boot', '/home'] },
  mediumRoot,
  manifest,
  manifestText: renderManifest(manifest),
  config: { size: 14, sha256: sha256Of('hostname: one\n') },
  ...more,
});

export const secret = '-----BEGIN OPENSSH PRIVATE KEY-----\nold\n';
export const hostKey = {
  path: '/etc/ssh/ssh_host_ed25519_key',
  name: 'ssh_host_ed25519_key',
  size: secret.length,
  sha256: sha256Of(secret),
};
export const carriedKey = 'bos/system/carried-ssh/ssh_host_ed25519_key';

export interface Old {
  readonly root: string;
  readonly run: (on: Host) => Promise<void>;
}

export async function oldSystem(t: ExecutionContext): Promise<Old> {
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

export async function isPrepared(t: ExecutionContext, { root }: Old): Promise<void> {
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

/** One call in `step` fails, alone and with all that follow it. */
export async function failingEvery(t: ExecutionContext, step: number): Promise<void> {
  const whole = failingAt(Number.POSITIVE_INFINITY, true);
  await (await oldSystem(t)).run(whole.host);
  t.true(whole.calls() > 50, `${whole.calls()} calls`);
  for (let at = 1; at <= whole.calls(); at += step) {
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
}

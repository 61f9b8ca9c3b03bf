/** A machine whose new system has booted over the old one, for the first time: a real tree and a small ext4. */
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { renderBootEnvironment, stateEnvironmentPath } from '../../../src/boot/environment.ts';
import { stateMenuPath } from '../../../src/boot/menus/partition-menu.ts';
import { renderTakeoverMarker, type TakeoverMarker } from '../../../src/boot/menus/takeover-marker.ts';
import {
  type GrubFolder,
  renderAddition,
  renderTakeoverMenu,
} from '../../../src/boot/menus/takeover-menu.ts';
import { parseEnvironmentBlock } from '../../../src/formats/boot-config/grubenv.ts';
import { probeExt4 } from '../../../src/formats/filesystems/ext4.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { Host } from '../../../src/host/ports.ts';
import { renderManifest } from '../../../src/media/manifest.ts';
import { finishTakeover } from '../../../src/runtime/takeover/finish.ts';
import { manifest } from '../../install/fixtures.ts';

export const host = linuxHost();
const { files } = host;
export const uuid = '5a2f7c1e-0d3b-4f6a-9c8d-1e2b3a4c5d6e';
export const old = [
  'etc/fstab',
  'usr/bin/x y',
  '.hidden/z',
  'boot/vmlinuz',
  'boot/grub/i386-pc/normal.mod',
  'lost+found/#1',
];

export interface Machine {
  readonly root: string;
  readonly state: string;
  readonly device: string;
  readonly folder: GrubFolder;
}

export async function machineOf(t: ExecutionContext, more: Partial<TakeoverMarker> = {}): Promise<Machine> {
  const root = await files.makeTempDir('bos-finish-');
  t.teardown(() => files.remove(root));
  const state = join(root, 'run/bos/state');
  const device = join(root, 'device');
  const { folder, ...marker } = {
    v: 1,
    uuid,
    folder: 'boot/grub',
    after: 'reboot',
    ...more,
  } as TakeoverMarker;
  const { boot } = marker;
  const put = async (path: string, content: string | Uint8Array) => {
    const inMenus = boot !== undefined && path.startsWith(`${folder}/`);
    const place = inMenus
      ? join(root, 'run/bos/old-boot', boot.path, path.slice(folder.length))
      : join(state, path);
    await files.makeDir(join(place, '..'));
    await files.write(place, content);
  };
  for (const path of old) await put(path.replace('boot/grub', folder), path);
  for (const { path, size } of manifest.files) await put(path, 'x'.repeat(size));
  await put('bos/system/manifest.json', renderManifest(manifest));
  const { kernel, os, dcp } = manifest;
  await put(
    stateEnvironmentPath,
    renderBootEnvironment({ mark: 'filling', stateUuid: uuid, kernel, os, dcp, others: {} }),
  );
  await put(stateMenuPath, 'menuentry x {\n}\n');
  await put(`${folder}/bos.cfg`, renderTakeoverMenu({ uuid, limit: 600 }));
  await put(`${folder}/grub.cfg`, 'the old menu');
  await put(`${folder}/custom.cfg`, renderAddition({ folder, uuid, boot }));
  await put('bos/system/takeover.json', renderTakeoverMarker({ ...marker, folder }));
  await files.write(
    join(root, 'run/bos/boot.json'),
    JSON.stringify({ mode: 'disk', state: device, os, dcp: '' }),
  );
  const runtime = { at: '', durationMs: 0, applied: 1, failed: 0, faults: [] };
  await files.write(join(root, 'run/bos/config-status.json'), JSON.stringify({ v: 1, phases: { runtime } }));
  for (const name of ['machine-id', 'hostname', 'ssh/key', 'node/password', 'os/config.yaml']) {
    await files.makeDir(join(root, 'var/lib/bhojpur', name, '..'));
    await files.write(join(root, 'var/lib/bhojpur', name), name);
  }
  await host.processes.run('mkfs.ext4', ['-q', '-F', '-U', uuid, '-L', 'old', device, '8M']);
  return { root, state, device, folder };
}

/** Where mounting is left out: what would be mounted is there. */
export const mountless: Host = {
  ...host,
  processes: {
    ...host.processes,
    run: async (command, args, options) =>
      command === 'mount' || command === 'umount'
        ? { exitCode: 0, stdout: '', stderr: '' }
        : host.processes.run(command, args, options),
  },
};
export const bootUuid = '0b1c2d3e-4f50-4617-8829-3a4b5c6d7e8f';

export const finish = (on: Host, { root }: Machine, say: (line: string) => void = () => {}) =>
  finishTakeover(on, { root, say });

export async function labelOf({ device }: Machine): Promise<string | undefined> {
  const file = await files.open(device, 'r');
  return (await probeExt4(file).finally(() => file.close()))?.label;
}

export async function isFinished(t: ExecutionContext, machine: Machine): Promise<void> {
  const { state, folder } = machine;
  t.deepEqual(await files.list(state), ['boot', 'bos', 'lost+found']);
  t.deepEqual(await files.list(join(state, 'lost+found')), []);
  t.deepEqual(await files.list(join(state, 'boot')), [folder.slice('boot/'.length)]);
  t.deepEqual(await files.list(join(state, folder)), ['grub.cfg', 'i386-pc']);
  t.is(await files.readText(join(state, folder, 'grub.cfg')), renderTakeoverMenu({ uuid, limit: 600 }));
  t.is(await markOf(machine), 'valid');
  t.false(await files.exists(join(state, 'bos/system/takeover.json')));
  t.is(await labelOf(machine), 'BOS_STATE');
}

export const markOf = async ({ state }: Machine) =>
  parseEnvironmentBlock(await files.read(join(state, stateEnvironmentPath))).get('bos_mark');

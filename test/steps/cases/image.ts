/** The steps that only an image has: its file, its state file system as a whole, its name. */
import { sha256Of } from '../../../src/host/digest.ts';
import type { Step } from '../../../src/steps/index.ts';
import { lineOf } from '../../fakes/effects.ts';
import { SparseBytes } from '../../fakes/host.ts';
import type { Case, Cases } from '../case.ts';
import { formatEsp } from '../common-steps.ts';
import { forgets, full, keepsNothing, takesNothing } from '../failures.ts';
import { MiB, machine } from '../machine.ts';
import { exactly, inOrder, readBackFromDevice, sequence } from '../promises.ts';

const partial = '/images/.disk.img.partial';
const size = 40 * MiB;
const device = '/dev/image';
const kernel = Buffer.from('the kernel of the image');
export const iso = Buffer.concat([Buffer.alloc(100), kernel, Buffer.from('the manifest')]);
const config = 'hostname: one\n';

export const writeState: Extract<Step, { kind: 'write-state' }> = {
  ...{ id: 'state', kind: 'write-state', partition: 'part:image', label: 'BOS_STATE' },
  ...{ uuid: '55555555-5555-4555-8555-555555555555', hashSeed: 'ab'.repeat(16), time: 1_700_000_000 },
  growsTo: 64 * size,
  folders: ['bos', 'bos/system'].map((path) => ({ path, mode: 0o755 })),
  links: [{ path: 'bos/system/current', target: '6' }],
  written: [
    {
      ...{ path: 'bos/system/config.yaml', mode: 0o600 },
      content: { from: 'file', path: '/secret/config.yaml', size: config.length, sha256: sha256Of(config) },
    },
    { path: 'bos/system/menu', mode: 0o644, content: { from: 'text', text: 'a menu\n' } },
  ],
  image: { from: 'file', path: '/isos/bos.iso', size: iso.length },
  files: [
    {
      ...{ path: 'bos/system/vmlinuz', size: kernel.length, sha256: sha256Of(kernel) },
      extents: [{ offset: 100, length: kernel.length }],
    },
  ],
  manifest: {
    ...{ size: 12, sha256: sha256Of('the manifest') },
    extents: [{ offset: 100 + kernel.length, length: 12 }],
  },
  sha256: null,
};
const stateMachine: Case['machine'] = (setup = {}) => {
  const files = { '/isos/bos.iso': iso, ...setup.files };
  const { host, names } = machine({ ...setup, files, devices: { [device]: new SparseBytes(size) } });
  return { host, names: { ...names, 'part:image': device } };
};
const settingsEsp: Step = { ...formatEsp, folders: [...formatEsp.folders, 'EFI/BOS'] };
const writeSettings: Extract<Step, { kind: 'write-settings' }> = {
  ...{ id: 'settings', kind: 'write-settings', partition: 'part:esp' },
  menu: { from: 'text', text: 'a menu\n' },
  config: { from: 'file', path: '/secret/config.yaml', size: config.length, sha256: sha256Of(config) },
};
/** The clusters of MENU.OLD and CONFIG.OLD, and the sector of their folder, in the volume. */
const [menuRoom, configRoom, records] = [671744, 950272, 647168];

export const imageCases = {
  'write-settings': {
    step: writeSettings,
    machine,
    before: [settingsEsp],
    promises: {
      'they are on the disk': exactly('/dev/vda2', ['writes', 'sync']),
      'they are read back from the device': readBackFromDevice('/dev/vda2'),
    },
    failures: {
      'a device that keeps nothing': keepsNothing('/dev/vda2'),
      'a device that fails': takesNothing('/dev/vda2'),
      'another configuration': {
        spoil: { files: { '/secret/config.yaml': 'hostname: two\n' } },
        code: 'source-changed',
      },
    },
  },
  'edit-settings': {
    step: {
      ...{ id: 'edit', kind: 'edit-settings', partition: 'part:esp' },
      settings: {
        menu: { from: 'text', text: 'another\n' },
        config: { from: 'text', text: 'hostname: two\n' },
      },
    },
    machine,
    before: [settingsEsp, writeSettings],
    promises: {
      'what is new is on the disk, and read back, before one sector puts it in force': exactly('/dev/vda2', [
        ...[`write ${menuRoom}+4096`, `write ${configRoom}+4096`, 'sync', 'drop-cache'],
        ...[`write ${records}+512`, 'sync'],
      ]),
      'what is compared comes from the disk, not from the cache': inOrder(
        /^drop-cache \/dev\/vda2$/,
        new RegExp(`^read /dev/vda2 ${configRoom}\\+${256 * 1024}$`),
        new RegExp(`^write /dev/vda2 ${records}\\+`),
      ),
      'it is read back from the device': readBackFromDevice('/dev/vda2'),
    },
    failures: {
      'a disk that keeps nothing': keepsNothing('/dev/vda2'),
      'a disk that fails': takesNothing('/dev/vda2'),
      'an image without settings': {
        spoil: (host) => host.devices.get('/dev/vda2')?.write(records, new Uint8Array(512)),
        code: 'settings-missing',
      },
      'settings that were moved apart': {
        spoil: (host) => host.devices.get('/dev/vda2')?.write(records + 64, Buffer.from('OTHER   CFG')),
        code: 'settings-damaged',
      },
    },
  },
  'create-image': {
    step: { id: 'create', kind: 'create-image', path: partial, size, content: 1000 },
    machine: (setup = {}) =>
      machine({ ...setup, files: { [partial]: 'of an earlier attempt', ...setup.files } }),
    takes: async (host) => (await host.files.stat(partial))?.size === size,
    promises: {
      'nobody else reads what is in it, and nothing of an earlier attempt stays': inOrder(
        /^remove \/images/,
        /^create \/images\/\S+ 0600$/,
      ),
    },
    failures: { 'a full disk': { spoil: full, code: 'ENOSPC' } },
  },
  'write-state': {
    step: writeState,
    machine: stateMachine,
    promises: {
      'the super block comes when everything else is on the disk': ({ run }) => {
        const own = run.filter(({ path, kind }) => path === device && ['write', 'sync'].includes(kind));
        const last = own.slice(-3).map(lineOf);
        return last.join() === `sync ${device},write ${device} 1024+1024,sync ${device}`
          ? undefined
          : last.join('; ');
      },
      'it is read from the disk': readBackFromDevice(device),
    },
    failures: {
      'a damaged medium': {
        spoil: { files: { '/isos/bos.iso': Buffer.from(iso).fill('X', 105, 106) } },
        code: 'medium-damaged',
      },
      'another configuration': {
        spoil: { files: { '/secret/config.yaml': 'hostname: two\n' } },
        code: 'source-changed',
      },
      'a disk that keeps something else': { spoil: forgets(device), code: 'read-back' },
      'a full disk': { spoil: full, code: 'ENOSPC' },
    },
  },
  'name-image': {
    step: {
      ...{ id: 'name', kind: 'name-image', from: partial, to: '/images/disk.img', mode: 0o600 },
      beside: [{ from: '/images/.disk.img.sha256.partial', to: '/images/disk.img.sha256' }],
      remove: ['/images/disk.img.sha256', '/images/disk.img.bmap'],
    },
    machine: (setup = {}) =>
      machine({
        ...setup,
        files: {
          ...{ [partial]: 'all of it', '/images/.disk.img.sha256.partial': 'its digest' },
          ...{ '/images/disk.img': 'an older one', '/images/disk.img.sha256': 'that of the older one' },
          ...setup.files,
        },
        tools: { sync: () => undefined, ...setup.tools },
      }),
    promises: {
      'it is on the disk before it has its name, and beside it is its own digest or none': sequence(
        /^chmod \/images\/\.disk\.img\.partial 0600$/,
        /^sync \/images\/\.disk/,
        /^remove \/images\/disk\.img\.sha256$/,
        /^remove \/images\/disk\.img\.bmap$/,
        /^run sync \/images/,
        /^rename .*disk\.img\.partial/,
        /^run sync \/images/,
        /^rename .*sha256/,
        /^run sync \/images/,
      ),
    },
    failures: {
      'nothing to name': { spoil: (host) => host.files.remove(partial), code: 'ENOENT' },
    },
  },
} satisfies Cases;

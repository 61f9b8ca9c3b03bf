/** The steps of the system that is copied and read back. */
import { sha256Of } from '../../../src/host/digest.ts';
import type { Step } from '../../../src/steps/index.ts';
import type { FakeSetup } from '../../fakes/host.ts';
import type { Case, Cases } from '../case.ts';
import { copyFiles, manifestFiles } from '../common-steps.ts';
import { full } from '../failures.ts';
import { machine, stateMount } from '../machine.ts';
import { exactly, inOrder, type OrderPromise, readBackFromDevice } from '../promises.ts';

/** An image with the files in it, one of them in two parts, in an order of its own. */
const isoParts = [Buffer.alloc(7), 'a ke', 'the root file system', 'rnel', Buffer.alloc(5), 'the manifest'];
const isoImage = Buffer.concat(isoParts.map((part) => Buffer.from(part)));
const copyFromIso: Extract<Step, { kind: 'copy-from-image' }> = {
  ...{ id: 'copy', kind: 'copy-from-image', to: stateMount, sha256: sha256Of(isoImage) },
  image: { from: 'file', path: '/isos/bos.iso', size: isoImage.length },
  files: manifestFiles.map((listed) => ({
    ...listed,
    extents: listed.path.endsWith('vmlinuz')
      ? [
          { offset: 7, length: 4 },
          { offset: 31, length: 4 },
        ]
      : [{ offset: 11, length: 20 }],
  })),
  manifest: { size: 12, sha256: sha256Of('the manifest'), extents: [{ offset: 40, length: 12 }] },
};
const isoMachine: Case['machine'] = (setup = {}) =>
  machine({ ...setup, files: { '/isos/bos.iso': isoImage, ...setup.files } });
/** The image with other bytes somewhere. */
const otherIso = (offset: number, text: string): FakeSetup => {
  const bytes = Buffer.from(isoImage);
  bytes.write(text, offset);
  return { files: { '/isos/bos.iso': bytes } };
};
const target = '/run/bos/target/bos/system';
const unhashed: Step = { ...(copyFiles as Extract<Step, { kind: 'copy-files' }>), comparedLater: true };
/** This step is itself the reading back. What another thread reads, the host drops from memory there. */
const everyFileFromDisk: OrderPromise = ({ run }) =>
  manifestFiles
    .map(({ path }) => readBackFromDevice(`/run/bos/target/${path}`)({ run: [], verify: run }))
    .find((wrong) => wrong !== undefined);

export const copyCases = {
  'copy-files': {
    step: copyFiles,
    machine,
    promises: {
      'a file is synced when all of it is written': exactly(`${target}/kernel/6/vmlinuz`, [
        'create 0644-umask',
        'write 0+8',
        'sync',
        'chmod 0644',
      ]),
      'folders are open to all whatever the umask is': exactly(`${target}/kernel/6`, [
        'mkdir 0755',
        'chmod 0755',
      ]),
    },
    failures: {
      'a damaged medium': {
        spoil: { files: { '/medium/bos/system/kernel/6/vmlinuz': 'b kernel' } },
        code: 'medium-damaged',
      },
      'a medium cut short': {
        spoil: { files: { '/medium/bos/system/kernel/6/vmlinuz': 'a ker' } },
        code: 'medium-damaged',
      },
      'a full disk': { spoil: full, code: 'ENOSPC' },
    },
  },
  'copy-files: compared later': {
    step: unhashed,
    machine,
    promises: {
      'a file is synced when all of it is written': exactly(`${target}/kernel/6/vmlinuz`, [
        'create 0644-umask',
        'write 0+8',
        'sync',
        'chmod 0644',
      ]),
    },
    failures: {
      'a medium cut short': {
        spoil: { files: { '/medium/bos/system/kernel/6/vmlinuz': 'a ker' } },
        code: 'medium-damaged',
      },
      'a full disk': { spoil: full, code: 'ENOSPC' },
    },
  },
  'copy-from-image': {
    step: copyFromIso,
    machine: isoMachine,
    promises: {
      'a file is synced when all of it is written': exactly(`${target}/kernel/6/vmlinuz`, [
        'create 0644-umask',
        'write 0+4',
        'write 4+4',
        'sync',
        'chmod 0644',
      ]),
      'a file is closed with its last byte, before the next is made': inOrder(
        /^sync .*rootfs\.squashfs$/,
        /^close .*rootfs\.squashfs$/,
        /^create .*vmlinuz/,
      ),
    },
    failures: {
      'a damaged file': { spoil: otherIso(8, 'X'), code: 'medium-damaged' },
      'another manifest': { spoil: otherIso(40, 'one manifest'), code: 'medium-damaged' },
      'another ISO around the same files': { spoil: otherIso(36, 'X'), code: 'iso-digest' },
      'an ISO of another size': {
        spoil: { files: { '/isos/bos.iso': isoImage.subarray(0, 40) } },
        code: 'medium-changed',
      },
      'no ISO any more': { spoil: (host) => host.files.remove('/isos/bos.iso'), code: 'iso-unreadable' },
      'a full disk': { spoil: full, code: 'ENOSPC' },
    },
  },
  'verify-files': {
    step: { id: 'a', kind: 'verify-files', at: stateMount, files: manifestFiles },
    machine,
    before: [copyFiles],
    promises: {
      'every file is read from the disk': everyFileFromDisk,
    },
    failures: {
      'a byte that changed': {
        spoil: (host) => void host.files.write('/run/bos/target/bos/system/kernel/6/vmlinuz', 'a kernal'),
        code: 'read-back',
      },
      'a file that is gone': {
        spoil: (host) => void host.files.remove('/run/bos/target/bos/system/kernel/6/vmlinuz'),
        code: 'ENOENT',
      },
    },
  },
  'verify-files: for the first time': {
    step: {
      ...{ id: 'a', kind: 'verify-files', at: stateMount, files: manifestFiles },
      medium: '/medium',
    },
    machine,
    before: [unhashed],
    promises: {
      'every file is read from the disk': everyFileFromDisk,
    },
    failures: {
      'a byte that changed on the disk': {
        spoil: (host) => void host.files.write('/run/bos/target/bos/system/kernel/6/vmlinuz', 'a kernal'),
        code: 'read-back',
      },
      'a damaged medium': {
        spoil: { files: { '/medium/bos/system/kernel/6/vmlinuz': 'b kernel' } },
        code: 'medium-damaged',
      },
    },
  },
} satisfies Cases;

/** The step that fetches only what changed: a new squashfs out of an ISO, of which an older one is on the machine. */
import { type BlockIndex, encodeBlockIndex } from '../../../src/formats/block-index.ts';
import { sha256Of } from '../../../src/host/digest.ts';
import type { CopyDelta } from '../../../src/steps/files/copy-delta.ts';
import type { FakeSetup } from '../../fakes/host.ts';
import type { Case, Cases } from '../case.ts';
import { forgets, full } from '../failures.ts';
import { machine, stateMount } from '../machine.ts';
import { exactly, readBackFromDevice } from '../promises.ts';

const part = (letter: string, length: number) => Buffer.alloc(length, letter);
/** The kept parts are large enough that a request for what is between them costs less. */
const kept = [part('a', 100_000), part('b', 70_000)] as const;
export const newFile = Buffer.concat([kept[0], part('n', 3000), kept[1], part('m', 500)]);
export const oldFile = Buffer.concat([part('o', 10), kept[0], kept[1]]);

export function indexOf(bytes: Buffer, lengths: readonly number[]): BlockIndex {
  let offset = 0;
  const pieces = lengths.map((length) => {
    const digest = sha256Of(bytes.subarray(offset, offset + length)).slice(0, 32);
    offset += length;
    return { offset: offset - length, length, digest };
  });
  return { size: bytes.length, sha256: sha256Of(bytes), pieces };
}
export const newIndex = encodeBlockIndex(indexOf(newFile, [100_000, 3000, 70_000, 500]));
const oldIndex = encodeBlockIndex(indexOf(oldFile, [10, 100_000, 70_000]));

export const oldPath = '/bos/system/os/1/rootfs.squashfs';
const path = 'bos/system/os/2/rootfs.squashfs';
const parts = [Buffer.alloc(7, 'x'), newFile, Buffer.alloc(3, 'x'), newIndex];
export const isoImage = Buffer.concat(parts);
const extents = { file: 7, index: 10 + newFile.length };
export const copyDelta: CopyDelta = {
  ...{ id: 'copy-os', kind: 'copy-delta', to: stateMount },
  image: { from: 'file', path: '/isos/bos.iso', size: isoImage.length },
  file: {
    ...{ path, size: newFile.length, sha256: sha256Of(newFile) },
    extents: [{ offset: extents.file, length: newFile.length }],
  },
  index: {
    ...{ path: `${path}.blocks`, size: newIndex.length, sha256: sha256Of(newIndex) },
    extents: [{ offset: extents.index, length: newIndex.length }],
  },
  locals: [oldPath],
};
export const deltaMachine: Case['machine'] = (setup = {}) =>
  machine({
    ...setup,
    files: {
      '/isos/bos.iso': isoImage,
      [oldPath]: oldFile,
      [`${oldPath}.blocks`]: oldIndex,
      ...setup.files,
    },
  });

/** The image with another byte there. */
export const otherByte = (offset: number): FakeSetup => {
  const bytes = Buffer.from(isoImage);
  bytes[offset] = (bytes[offset] ?? 0) ^ 1;
  return { files: { '/isos/bos.iso': bytes } };
};
export const inFile = (offset: number) => extents.file + offset;
export const inIndex = (offset: number) => extents.index + offset;

export const targetFile = `/run/bos/target/${path}`;

export const deltaCases = {
  'copy-delta': {
    step: copyDelta,
    machine: deltaMachine,
    takes: (host) => host.files.stat(targetFile),
    promises: {
      'a file is synced when all of it is written': exactly(targetFile, [
        'create 0644-umask',
        `write 0+${newFile.length}`,
        'sync',
        'chmod 0644',
      ]),
      'it is read back from the disk': readBackFromDevice(targetFile),
      'folders are open to all whatever the umask is': exactly('/run/bos/target/bos/system/os/2', [
        'mkdir 0755',
        'chmod 0755',
      ]),
    },
    failures: {
      'a new block that is damaged, twice': { spoil: otherByte(inFile(100_005)), code: 'medium-damaged' },
      'an ISO of another size': {
        spoil: { files: { '/isos/bos.iso': isoImage.subarray(0, 40) } },
        code: 'medium-changed',
      },
      'no ISO any more': { spoil: (host) => host.files.remove('/isos/bos.iso'), code: 'iso-unreadable' },
      'a disk that keeps something else': { spoil: forgets(targetFile), code: 'read-back' },
      'a full disk': { spoil: full, code: 'ENOSPC' },
    },
  },
} satisfies Cases;

/** The steps that make files of a raw image: in another format, and its checksums. */
import type { Step } from '../../../src/steps/index.ts';
import type { FakeHost } from '../../fakes/host.ts';
import type { Case, Cases } from '../case.ts';
import { forgets, full } from '../failures.ts';
import { MiB, machine } from '../machine.ts';
import { inOrder, modeFromTheStart, type OrderPromise, readBackFromDevice } from '../promises.ts';

const raw = '/images/.disk.img.partial';
const sha256 = '/images/.disk.img.sha256.partial';
const bmap = '/images/.disk.img.bmap.partial';
const converted = '/images/.disk.converted.partial';

const sector = 512;
const fat = { offset: MiB, length: 64 * sector };
const inUse = {
  ranges: [
    { offset: 0, length: 4096 },
    { offset: 2 * MiB - 4096, length: 4096 },
  ],
  fat,
};

/** An empty FAT12: boot sector, one table, a root folder of 16 entries; cluster 3 belongs to something. */
function volume(): Buffer {
  const bytes = Buffer.alloc(fat.length);
  bytes.writeUInt16LE(sector, 11);
  bytes.writeUInt8(1, 13);
  bytes.writeUInt16LE(1, 14);
  bytes.writeUInt8(1, 16);
  bytes.writeUInt16LE(16, 17);
  bytes.writeUInt16LE(64, 19);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt16LE(0xaa55, 510);
  // Of 12 bits each: the first two are not clusters, cluster 2 is free, 3 is the last of a chain.
  bytes.set([0xf8, 0xff, 0xff, 0x00, 0xf0, 0xff], sector);
  bytes.fill('in use', 4 * sector, 5 * sector);
  return bytes;
}

/** A raw image of 2 MiB: something at both ends, and the volume. */
function image(): Buffer {
  const bytes = Buffer.alloc(2 * MiB);
  bytes.fill('the table', 0, 4096);
  bytes.set(volume(), fat.offset);
  bytes.fill('the other table', 2 * MiB - 4096);
  return bytes;
}

const withImage: Case['machine'] = (setup = {}) =>
  machine({ ...setup, files: { [raw]: image(), ...setup.files } });

/** What is there but for the raw image, which no step changes. */
const made = async (host: FakeHost) => (await host.files.list('/images')).length > 1;

const rawUntouched: OrderPromise = ({ run }) => {
  const changes = run.filter(({ path, kind }) => path === raw && !['open', 'read', 'close'].includes(kind));
  return changes.length === 0 ? undefined : 'the raw image is changed';
};

const removedClosed =
  (path: string): OrderPromise =>
  ({ run }) => {
    const kinds = run.filter((effect) => effect.path === path).map(({ kind }) => kind);
    return `${kinds.slice(-2)}` === 'close,remove' ? undefined : `${path}: ${kinds}`;
  };

const convert: Extract<Step, { kind: 'convert-image' }> = {
  ...{ id: 'convert', kind: 'convert-image', from: raw, inUse, to: converted, compress: null, sha256 },
  ...{ format: 'qcow2', name: 'disk.qcow2', version: '0.1.0', time: 1_700_000_000 },
  ...{ disk: '11111111-1111-4111-8111-111111111111', file: '22222222-2222-4222-8222-222222222222' },
};

const promises: NonNullable<Case['promises']> = {
  'nobody else reads what is in it, and nothing of an earlier attempt stays': inOrder(
    /^remove \/images\/\.disk\.converted\.partial$/,
    /^create \/images\/\.disk\.converted\.partial 0600$/,
  ),
  'its digest is private as well': modeFromTheStart(sha256, 0o600),
  'the digest is written when the file is on the disk': inOrder(
    /^sync \/images\/\.disk\.converted\.partial$/,
    /^create \/images\/\.disk\.img\.sha256\.partial/,
  ),
  'the raw image stays as it is': rawUntouched,
};

const failures: Case['failures'] = {
  'a disk that keeps something else': { spoil: forgets(converted), code: 'read-back' },
  'a full disk': { spoil: full, code: 'ENOSPC' },
  'a raw image that is gone': { spoil: (host) => host.files.remove(raw), code: 'ENOENT' },
  'a volume that cannot be read': { spoil: { files: { [raw]: Buffer.alloc(2 * MiB) } }, code: 'fat-invalid' },
};

const shared = { machine: withImage, takes: made, promises, failures };

export const convertedImageCases = {
  'convert-image': {
    ...shared,
    step: convert,
    promises: { ...promises, 'it is read from the disk': readBackFromDevice(converted) },
  },
  'convert-image: ova': {
    ...shared,
    step: { ...convert, format: 'ova' },
    promises: {
      ...promises,
      'the disk in it is closed before it is removed': removedClosed(`${converted}.vmdk`),
    },
  },
  'convert-image: gce': { ...shared, step: { ...convert, format: 'gce' } },
  'convert-image: zst': { ...shared, step: { ...convert, format: 'vhd', compress: 'zst' } },
  'write-checksums': {
    step: { id: 'sums', kind: 'write-checksums', image: raw, inUse, name: 'disk.img', sha256, bmap },
    machine: withImage,
    takes: made,
    promises: {
      'the digest is private': modeFromTheStart(sha256, 0o600),
      'the block map is private': modeFromTheStart(bmap, 0o600),
      'the raw image stays as it is': rawUntouched,
    },
    failures: {
      'a full disk': { spoil: full, code: 'ENOSPC' },
      'a raw image that is gone': { spoil: (host) => host.files.remove(raw), code: 'ENOENT' },
    },
  },
} satisfies Cases;

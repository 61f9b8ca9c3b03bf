/** The steps that write an image to a disk: all but its ends, reading back, the ends. */
import { gzipSync } from 'node:zlib';
import { sha256Of } from '../../../src/host/digest.ts';
import type { Step } from '../../../src/steps/index.ts';
import { type FakeHost, SparseBytes } from '../../fakes/host.ts';
import { bmapOf } from '../../formats/bmap-text.ts';
import type { Case, Cases } from '../case.ts';
import { full } from '../failures.ts';
import { MiB, machine } from '../machine.ts';
import { exactly, inOrder, modeFromTheStart, readBackFromDevice } from '../promises.ts';

const stick = '/dev/stick';
const work = '/run/bos/work';
const diskSize = 8 * MiB;
const names = { 'folder:work': work };

/** Of the size of the disk: a table, something, two MiB of zeros, something, zeros, and the copy of the table. */
const image = Buffer.alloc(diskSize);
for (const [index, text] of [
  [0, 'table'],
  [1, 'one'],
  [4, 'four'],
  [7, 'copy'],
] as const)
  image.fill(text, index * MiB, (index + 1) * MiB);
const packed = gzipSync(image);
const perMiB = MiB / 4096;
const map = bmapOf(image, {
  ranges: [
    [0, perMiB - 1],
    [perMiB + 2, perMiB + 3],
    [4 * perMiB, 5 * perMiB - 1],
    [8 * perMiB - 1, 8 * perMiB - 1],
  ],
});

type WriteImage = Extract<Step, { kind: 'write-image' }>;
const plain: WriteImage = {
  ...{ id: 'write', kind: 'write-image', disk: stick, diskSize, packing: 'none', size: image.length },
  image: { from: 'file', path: '/images/disk.img', size: image.length },
  ...{ least: 0, bmap: null, sha256: null, work: 'folder:work' },
};
const gz: WriteImage = {
  ...plain,
  image: { from: 'file', path: '/images/disk.img.gz', size: packed.length },
  ...{ packing: 'gz', size: null, sha256: sha256Of(packed) },
};
const mapped: WriteImage = { ...plain, bmap: { from: 'text', text: map } };

const stickMachine: Case['machine'] = (setup = {}) => {
  const files = { '/images/disk.img': image, '/images/disk.img.gz': packed, ...setup.files };
  const device = new SparseBytes(diskSize);
  const { host } = machine({
    ...setup,
    files: { ...files, [`${work}/x`]: '' },
    devices: { [stick]: device, ...setup.devices },
  });
  // What an older image has left, in the middle of zeros and where a map has nothing.
  device.write(2 * MiB + 5000, Buffer.from('stale'));
  device.write(MiB + 100_000, Buffer.from('stale'));
  return { host, names };
};

/** From now on, when the image itself is there, what the disk is given goes through `change`. */
const spoilsWrites = (change: (offset: number, data: Uint8Array) => Uint8Array) => (host: FakeHost) => {
  const device = host.devices.get(stick);
  if (device === undefined) throw new Error('no disk');
  const write = device.write.bind(device);
  device.write = (offset, data) => write(offset, change(offset, data));
};

export const writeImageCases = {
  'write-image': {
    step: plain,
    machine: stickMachine,
    promises: {
      'the ends are not written, zeros are where the disk holds anything else, and all of it is synced':
        exactly(stick, [`write ${MiB}+${MiB}`, `write ${2 * MiB}+${MiB}`, `write ${4 * MiB}+${MiB}`, 'sync']),
      'what is kept of it only root can read': modeFromTheStart(`${work}/start`, 0o600),
      'the other end, too': modeFromTheStart(`${work}/end`, 0o600),
      'and the record': modeFromTheStart(`${work}/written`, 0o600),
    },
    failures: {
      'a full disk': { spoil: full, code: 'ENOSPC' },
      'an image that became shorter': {
        spoil: { files: { '/images/disk.img': image.subarray(0, 3 * MiB) } },
        code: 'medium-changed',
        untouched: true,
      },
      'a disk that is smaller than it was': {
        spoil: { devices: { [stick]: new SparseBytes(4 * MiB) } },
        code: 'ENOSPC',
      },
    },
  },
  'write-image: gz': {
    step: gz,
    machine: stickMachine,
    promises: {
      'as of a raw image': exactly(stick, [
        `write ${MiB}+${MiB}`,
        `write ${2 * MiB}+${MiB}`,
        `write ${4 * MiB}+${MiB}`,
        'sync',
      ]),
    },
    failures: {
      'another file': {
        spoil: {
          files: {
            '/images/disk.img.gz': Buffer.concat([packed.subarray(0, -8), gzipSync('').subarray(-8)]),
          },
        },
        code: 'image-damaged',
      },
      'the same image packed in another way': {
        spoil: { files: { '/images/disk.img.gz': samePacked() } },
        code: 'iso-digest',
      },
    },
  },
  'write-image: by a block map': {
    step: mapped,
    machine: stickMachine,
    promises: {
      'nothing else is written': exactly(stick, [
        `write ${MiB + 8192}+8192`,
        `write ${4 * MiB}+${MiB}`,
        'sync',
      ]),
    },
    failures: {
      'an image that is not that of the map': {
        spoil: { files: { '/images/disk.img': Buffer.from(image).fill('X', 4 * MiB, 4 * MiB + 1) } },
        code: 'bmap-checksum',
      },
    },
  },
  'read-back-image': {
    step: { id: 'read', kind: 'read-back-image', disk: stick, work: 'folder:work' },
    machine: stickMachine,
    before: [plain],
    promises: {
      'it reads from the disk itself, and all of it': ({ run }) =>
        readBackFromDevice(stick)({ run: [], verify: run }) ??
        inOrder(
          ...[1, 2, 3, 4, 5, 6].map((index) => new RegExp(`^read /dev/stick ${index * MiB}\\+${MiB}$`)),
        )({ run, verify: [] }),
    },
    failures: {
      'a disk that keeps something else': {
        spoil: (host) => host.devices.get(stick)?.write(5 * MiB + 17, Buffer.from('x')),
        code: 'read-back',
      },
      'a disk that forgets': {
        spoil: (host) => host.devices.get(stick)?.write(4 * MiB, Buffer.alloc(4096)),
        code: 'read-back',
      },
    },
  },
  'write-image-ends': {
    step: {
      ...{ id: 'ends', kind: 'write-image-ends', disk: stick, diskSize, sectorSize: 512 },
      work: 'folder:work',
    },
    machine: stickMachine,
    before: [plain],
    promises: {
      'the first sector goes last and alone': exactly(stick, [
        `write ${7 * MiB}+${MiB}`,
        `write 512+${MiB - 512}`,
        'sync',
        'write 0+512',
        'sync',
      ]),
      'udev has looked before it ends': inOrder(/^close \/dev\/stick$/, /^run udevadm settle/),
      'it is read back from the disk': readBackFromDevice(stick),
    },
    failures: {
      'a disk that fails': {
        spoil: spoilsWrites((offset, data) => full.onWrite?.(stick, offset, data) ?? data),
        code: 'ENOSPC',
      },
      'a disk that keeps something else': {
        spoil: spoilsWrites((_, data) => new Uint8Array(data.length).fill(0xee)),
        code: 'read-back',
      },
    },
  },
} satisfies Cases;

function samePacked(): Buffer {
  // Of the size that the plan knows, so that only the digest tells.
  const other = Buffer.from(packed);
  // RFC 1952, section 2.3.1: the byte that names the system it was packed on.
  other[9] = ((other[9] ?? 0) + 1) % 13;
  return other;
}

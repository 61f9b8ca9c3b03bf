/** The file systems of an installation as files, made by mkfs and mtools: whole, half made and damaged. */
import { closeSync, mkdirSync, openSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Mark, renderBootEnvironment } from '../../src/boot/environment.ts';
import type { PartitionFacts } from '../../src/disk/facts.ts';
import { wholeDiskLayout } from '../../src/disk/layout/layout.ts';
import type { UnjudgedDisk } from '../../src/disk/probe/content.ts';
import { type Manifest, renderManifest } from '../../src/media/manifest.ts';
import { keptFolder, tool } from '../formats/support.ts';
import { disk as emptyDisk, partition } from './facts.ts';

export const stateUuid = '6d1c0b9a-0000-4000-8000-0123456789ab';
export const otherUuid = '11111111-1111-4111-8111-111111111111';
const digest = 'a'.repeat(64);
const manifest: Manifest = {
  v: 1,
  arch: 'amd64',
  kernel: '6.1.0-40-amd64',
  os: '0.1.0',
  dcp: null,
  files: [
    { path: 'boot/grub/grub.cfg', size: 12, sha256: digest },
    { path: 'bos/system/kernel/6.1.0-40-amd64/vmlinuz', size: 5000, sha256: digest },
    { path: 'bos/system/os/0.1.0/rootfs.squashfs', size: 100_000, sha256: digest },
  ],
};
/** The text of a manifest that the files agree with. */
export const complete = renderManifest(manifest);

export interface Installation {
  /** A mark, other bytes instead of an environment, or no such file. */
  readonly environment?: 'installing' | 'filling' | 'valid' | Uint8Array | undefined;
  /** The same of the environment on the state file system itself. */
  readonly stateEnvironment?: 'filling' | 'valid' | Uint8Array;
  /** The id of the request that it comes of. */
  readonly request?: string;
  readonly manifest?: string | undefined;
  /** Paths of the manifest that are left out, or written with another size. */
  readonly without?: string;
  readonly short?: string;
  readonly uuidOnDisk?: string;
  /** unreadable: it has the label of an ESP and cannot be read as a file system. */
  readonly esp?: 'formatted' | 'blank' | 'unreadable' | 'none';
  /** cut: it ends after its super block. */
  readonly state?: 'formatted' | 'blank' | 'cut';
}

const files = new Map<string, string>();

/** A file of such content, made once for all tests of a process. */
function kept(content: object, make: (file: string) => void): string {
  const key = JSON.stringify(content);
  const known = files.get(key);
  if (known !== undefined) return known;
  const file = join(keptFolder(), 'file-system');
  make(file);
  files.set(key, file);
  return file;
}

/** A disk with the whole layout, whose second and third partition are image files that no test may change. */
export function installed(what: Installation): UnjudgedDisk {
  const { esp: espKind, environment, request, state: stateKind, ...inState } = what;
  const esp = kept({ espKind, environment, request, of: 'esp' }, (file) => makeEsp(file, what));
  const ownRequest = what.stateEnvironment === undefined ? undefined : request;
  const state = kept({ ...inState, stateKind, ownRequest, of: 'state' }, (file) => makeState(file, what));
  const uuid = what.uuidOnDisk ?? stateUuid;
  const [first, second, third] = wholeDiskLayout(20e9, 512).partitions;
  const onState = partition(state, {
    ...facts(third),
    ...(what.state === 'blank' ? {} : { signature: { type: 'ext4', label: 'BOS_STATE', uuid } }),
  });
  if (what.esp === 'none') return disk([partition('/dev/fake1', facts(first)), onState]);
  return disk([
    partition('/dev/fake1', facts(first)),
    partition(esp, {
      ...facts(second),
      ...(what.esp === 'blank' ? {} : { signature: { type: 'vfat', label: 'BOS_GRUB', uuid: '1A2B-3C4D' } }),
    }),
    onState,
  ]);
}

/** A disk with a table of these partitions. */
export function disk(partitions: readonly PartitionFacts[]): UnjudgedDisk {
  const { content: _, contentSummary: __, ...unjudged } = emptyDisk('/dev/fake', { partitions });
  return { ...unjudged, tableType: 'gpt' };
}

function facts({
  number,
  start,
  size,
  type,
  name,
}: ReturnType<typeof wholeDiskLayout>['partitions'][number]) {
  return { number, start, size, type, name };
}

function makeEsp(file: string, { esp, environment, request }: Installation): void {
  blank(file, 40);
  if (esp === 'blank') return;
  tool('mkfs.vfat', '-F', '32', '-n', 'BOS_GRUB', file);
  tool('mmd', '-i', file, '::/EFI', '::/EFI/debian');
  if (environment !== undefined) {
    const block = typeof environment === 'string' ? environmentWith(environment, request) : environment;
    writeFileSync(`${file}.environment`, block);
    tool('mcopy', '-i', file, `${file}.environment`, '::/EFI/debian/grubenv');
  }
  // The upper byte of BPB_BytsPerSec (FAT specification 1.03, section 3.1): sectors of 0 bytes.
  if (esp === 'unreadable') overwrite(file, 12, 0);
}

function environmentWith(mark: Mark, request?: string): Uint8Array {
  const others = { stateUuid, kernel: manifest.kernel, os: manifest.os, dcp: null, others: {} };
  return renderBootEnvironment({ mark, ...others, ...(request === undefined ? {} : { request }) });
}

function makeState(file: string, what: Installation): void {
  blank(file, 16);
  if (what.state === 'blank') return;
  const tree = `${file}.tree`;
  mkdirSync(join(tree, 'bos', 'system'), { recursive: true });
  for (const { path, size } of manifest.files) {
    if (path === what.without) continue;
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), Buffer.alloc(path === what.short ? size - 1 : size, 'x'));
  }
  if (what.manifest !== undefined) writeFileSync(join(tree, 'bos/system/manifest.json'), what.manifest);
  if (what.stateEnvironment !== undefined) {
    const { stateEnvironment: own } = what;
    mkdirSync(join(tree, 'bos/system/grub'));
    writeFileSync(
      join(tree, 'bos/system/grub/grubenv'),
      typeof own === 'string' ? environmentWith(own, what.request) : own,
    );
  }
  tool('mkfs.ext4', '-q', '-L', 'BOS_STATE', '-U', what.uuidOnDisk ?? stateUuid, '-d', tree, file);
  if (what.state === 'cut') truncateSync(file, 4096);
}

function blank(file: string, mebibytes: number): void {
  writeFileSync(file, '');
  truncateSync(file, mebibytes * 2 ** 20);
}

function overwrite(file: string, offset: number, byte: number): void {
  const handle = openSync(file, 'r+');
  writeSync(handle, Uint8Array.of(byte), 0, 1, offset);
  closeSync(handle);
}

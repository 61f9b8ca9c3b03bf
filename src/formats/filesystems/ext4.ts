/**
 * What the superblock of an ext2, ext3 or ext4 file system tells without mounting it. Offsets: Linux kernel
 * documentation, filesystems/ext4, "The Super Block".
 */
import type { ByteSource } from '../bytes.ts';

export interface Ext4Info {
  readonly type: 'ext2' | 'ext3' | 'ext4';
  readonly label: string;
  /** Lower case with dashes. */
  readonly uuid: string;
  /**
   * clean: unmounted properly. needs-recovery: the journal has to be replayed (mounted now, or a power cut).
   * not-clean: the same without a journal. errors: the kernel found the file system damaged.
   */
  readonly state: 'clean' | 'needs-recovery' | 'not-clean' | 'errors';
  /** Bytes. */
  readonly size: number;
  readonly blockSize: number;
  /** Bytes that the super block counts as free, those for root among them. */
  readonly free: number;
  /** The incompatible features: bits of s_feature_incompat. */
  readonly incompat: number;
}

const superblockOffset = 1024;
const magic = 0xef53;
const validState = 0x1;
const errorState = 0x2;
const compatHasJournal = 0x4;
const incompatRecover = 0x4;
const incompat64Bit = 0x80;
/** extents, 64bit, flex_bg: none of them exists in ext3. */
const incompatExt4 = 0x40 | incompat64Bit | 0x200;

/** Reads the superblock; undefined when there is none that makes sense. */
export async function probeExt4(source: ByteSource): Promise<Ext4Info | undefined> {
  const block = await source.read(superblockOffset, 1024);
  if (block.length < 1024) return undefined;
  const view = new DataView(block.buffer, block.byteOffset, 1024);
  const logBlockSize = view.getUint32(0x18, true);
  if (view.getUint16(0x38, true) !== magic || logBlockSize > 6) return undefined;
  const blockSize = 1024 << logBlockSize;
  const compat = view.getUint32(0x5c, true);
  const incompat = view.getUint32(0x60, true);
  const high = incompat & incompat64Bit ? view.getUint32(0x150, true) : 0;
  return {
    type: incompat & incompatExt4 ? 'ext4' : compat & compatHasJournal ? 'ext3' : 'ext2',
    label: text(block.subarray(0x78, 0x88)),
    uuid: uuid(block.subarray(0x68, 0x78)),
    state: stateOf(view.getUint16(0x3a, true), incompat),
    size: (high * 2 ** 32 + view.getUint32(0x4, true)) * blockSize,
    blockSize,
    free:
      ((incompat & incompat64Bit ? view.getUint32(0x158, true) : 0) * 2 ** 32 + view.getUint32(0xc, true)) *
      blockSize,
    incompat,
  };
}

/**
 * What grub-core/fs/ext2.c of GRUB 2.06 reads or may ignore (EXT2_DRIVER_SUPPORTED_INCOMPAT and _IGNORED_INCOMPAT):
 * filetype, needs_recovery, meta_bg, extents, 64bit, mmp, flex_bg, encrypt; and csum_seed, by a patch of Debian's, for a
 * BIOS and signed alike (a disk image boots so).
 */
const readByGrub = 0x2 | 0x4 | 0x10 | 0x40 | incompat64Bit | 0x100 | 0x200 | 0x2000 | 0x10000;
const featureNames: ReadonlyMap<number, string> = new Map([
  [0x1, 'compression'],
  [0x8, 'journal_dev'],
  [0x400, 'ea_inode'],
  [0x1000, 'dirdata'],
  [0x4000, 'large_dir'],
  [0x8000, 'inline_data'],
  [0x20000, 'casefold'],
]);

/** Features, as tune2fs calls them, for which Debian's GRUB 2.06 refuses a whole file system. */
export function unknownToGrub({ incompat }: Pick<Ext4Info, 'incompat'>): string[] {
  const unknown = incompat & ~readByGrub;
  return Array.from({ length: 32 }, (_, bit) => (unknown & (2 ** bit)) >>> 0).flatMap((bit) =>
    bit === 0 ? [] : [featureNames.get(bit) ?? `incompat 0x${bit.toString(16)}`],
  );
}

function stateOf(state: number, incompat: number): Ext4Info['state'] {
  if (state & errorState) return 'errors';
  if (incompat & incompatRecover) return 'needs-recovery';
  return state & validState ? 'clean' : 'not-clean';
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8').split('\0', 1)[0] ?? '';
}

/** Stored in the order it is written in, unlike a GUID of UEFI. */
function uuid(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

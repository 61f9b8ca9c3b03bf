/**
 * What holds a disk but is not its bytes: formats of virtual machines, archives, packings that are not unpacked here.
 * Known by the bytes at their beginning. Each says how to make a raw image of it.
 */

export interface Container {
  /** `a qcow2 image` */
  readonly what: string;
  /** A command that makes raw bytes of it; IMAGE stands for the file. */
  readonly convert: string;
}

interface Row extends Container {
  readonly offset: number;
  readonly magic: string | readonly number[];
}

const convert = (format: string) => `qemu-img convert -f ${format} -O raw IMAGE disk.img`;

const rows: readonly Row[] = [
  // QEMU, docs/interop/qcow2.rst and qed_spec.rst.
  { offset: 0, magic: 'QFI\xfb', what: 'a qcow2 image', convert: convert('qcow2') },
  { offset: 0, magic: 'QED\0', what: 'a QED image', convert: convert('qed') },
  // Virtual Disk Format 5.0, sections "Hosted Sparse Extents", "ESXi Sparse Extents" and "The Descriptor File".
  { offset: 0, magic: 'KDMV', what: 'a VMDK image', convert: convert('vmdk') },
  { offset: 0, magic: 'COWD', what: 'a VMDK image', convert: convert('vmdk') },
  {
    offset: 0,
    magic: '# Disk DescriptorFile',
    what: 'the description of a VMDK image',
    convert: convert('vmdk'),
  },
  // Virtual Hard Disk Image Format Specification, "Hard Disk Footer Format": a copy begins a dynamic image.
  { offset: 0, magic: 'conectix', what: 'a VHD image', convert: convert('vpc') },
  // MS-VHDX, section 2.2.1.
  { offset: 0, magic: 'vhdxfile', what: 'a VHDX image', convert: convert('vhdx') },
  // VirtualBox, src/VBox/Storage/VDICore.h: VDI_IMAGE_SIGNATURE behind 64 bytes of text.
  { offset: 64, magic: [0x7f, 0x10, 0xda, 0xbe], what: 'a VDI image', convert: convert('vdi') },
  // AOSP, libsparse/sparse_format.h.
  {
    offset: 0,
    magic: [0x3a, 0xff, 0x26, 0xed],
    what: 'an Android sparse image',
    convert: 'simg2img IMAGE disk.img',
  },
  // POSIX pax(1), "ustar Interchange Format".
  { offset: 257, magic: 'ustar', what: 'a tar archive', convert: 'tar -xf IMAGE' },
  { offset: 0, magic: 'PK\x03\x04', what: 'a ZIP archive', convert: 'unzip IMAGE' },
  { offset: 0, magic: '7z\xbc\xaf\x27\x1c', what: 'a 7z archive', convert: '7z x IMAGE' },
  { offset: 0, magic: 'Rar!\x1a\x07', what: 'a RAR archive', convert: 'unrar x IMAGE' },
  { offset: 0, magic: 'BZh', what: 'packed by bzip2', convert: 'bunzip2 --keep IMAGE' },
  { offset: 0, magic: 'LZIP', what: 'packed by lzip', convert: 'lzip --decompress --keep IMAGE' },
  { offset: 0, magic: [0x04, 0x22, 0x4d, 0x18], what: 'packed by lz4', convert: 'unlz4 IMAGE' },
];

/** OVF 2.1.1, section 7.1: the archive begins with the description, whose name ends in `.ovf`. */
const ova: Container = {
  what: 'an OVA appliance',
  convert: 'tar -xf IMAGE && qemu-img convert -f vmdk -O raw DISK.vmdk disk.img',
};

/** `head` is the beginning of a file, 512 bytes at least when it has as many. */
export function containerOf(head: Uint8Array): Container | undefined {
  const found = rows.find(({ offset, magic }) => hasAt(head, offset, magic));
  if (found === undefined || found.offset !== 257) return found;
  const name = Buffer.from(head.subarray(0, 100)).toString('latin1').split('\0', 1)[0] ?? '';
  return name.toLowerCase().endsWith('.ovf') ? ova : found;
}

/** The footer that makes a VHD of fixed size out of raw bytes; `last` are the last 512 of a file. */
export const fixedVhd = (last: Uint8Array): Container | undefined =>
  hasAt(last, 0, 'conectix') ? { what: 'a VHD image', convert: convert('vpc') } : undefined;

export function hasAt(bytes: Uint8Array, offset: number, magic: string | readonly number[]): boolean {
  const wanted = typeof magic === 'string' ? Buffer.from(magic, 'latin1') : Uint8Array.from(magic);
  const found = bytes.subarray(offset, offset + wanted.length);
  return found.length === wanted.length && Buffer.compare(found, wanted) === 0;
}

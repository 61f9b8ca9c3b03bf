/** Files of one's own in an initrd: the kernel unpacks archive behind archive, and a later file replaces an earlier one. */
import { type CpioEntry, encodeCpio } from '../../../src/formats/compression/cpio.ts';
import type { Host } from '../../../src/host/ports.ts';
import type { MachineInput } from '../../../src/vm/machine.ts';

type Kernel = NonNullable<MachineInput['kernel']>;

/** The same start with a copy of its initrd at `path` that has `entries` behind it. */
export async function addToInitrd(
  { files }: Host,
  kernel: Kernel,
  path: string,
  entries: readonly CpioEntry[],
): Promise<Kernel> {
  if (kernel.initrd === undefined) throw new Error('there is no initrd to add to');
  await files.copy(kernel.initrd, path);
  const archive = await files.open(path, 'r+');
  // Archives begin at multiples of four bytes (Documentation/driver-api/early-userspace/buffer-format.rst).
  await archive.write(archive.size + ((512 - (archive.size % 512)) % 512), encodeCpio(entries, 0));
  await archive.close();
  return { ...kernel, initrd: path };
}

export const folderAt = (path: string): CpioEntry => ({ path, mode: 0o040755 });
export const fileAt = (path: string, text: string, mode = 0o644): CpioEntry => ({
  path,
  mode: 0o100000 | mode,
  data: Buffer.from(text),
});
const linkAt = (path: string, target: string): CpioEntry => ({
  path,
  mode: 0o120777,
  data: Buffer.from(target),
});

/** What makes the PXE set, which is its own medium, one that carries DCP. */
export const dcpEntries = (program: string): CpioEntry[] => [
  ...['bos', 'bos/system', 'bos/system/dcp', 'bos/system/dcp/test'].map(folderAt),
  fileAt('bos/system/dcp/test/dcp', program, 0o755),
  linkAt('bos/system/dcp/current', 'test'),
];

/** The version that a kernel image says of itself (Linux, Documentation/arch/x86/boot.rst, "The Real-Mode Kernel Header"). */
import type { ByteSource } from '../bytes.ts';

/** `6.1.0-40-amd64 (debian-kernel@…) #1 SMP …`; undefined for what is no bzImage. */
export async function linuxVersion(source: ByteSource): Promise<string | undefined> {
  const head = Buffer.from(await source.read(0, 0x210));
  if (head.length < 0x210 || head.toString('latin1', 0x202, 0x206) !== 'HdrS') return undefined;
  const pointer = head.readUInt16LE(0x20e);
  if (pointer === 0) return undefined;
  const text = Buffer.from(await source.read(pointer + 0x200, 256)).toString('latin1');
  const version = text.slice(0, Math.max(0, text.indexOf('\0')));
  return /^[\x20-\x7e]+$/.test(version) ? version : undefined;
}

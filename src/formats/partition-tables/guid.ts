/**
 * GUIDs as UEFI stores them: the first three fields little-endian, the rest in order
 * (UEFI 2.10 appendix A, "mixed-endian").
 */
import { usage } from '../../errors.ts';

/** Where each byte of the text form lies in the stored form. */
const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15] as const;
const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** 16 bytes as stored; throws OpsError `guid-invalid` (usage) for anything but the 36 character form. */
export function encodeGuid(text: string): Uint8Array {
  if (!pattern.test(text)) throw usage('guid-invalid', `"${text}" is not a GUID`);
  const inOrder = Buffer.from(text.replaceAll('-', ''), 'hex');
  return Uint8Array.from(order, (from) => inOrder[from] as number);
}

/** The lower-case text of the 16 bytes at `offset`; bytes past the end count as zero. */
export function decodeGuid(bytes: Uint8Array, offset = 0): string {
  const hex = order.map((from) => (bytes[offset + from] ?? 0).toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

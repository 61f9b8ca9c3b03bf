/**
 * CRC-32C (Castagnoli, RFC 3720 appendix B.4; polynomial 0x82F63B78 reflected), as ext4 uses it: the register itself,
 * neither set nor turned round, so that sums of pieces continue each other.
 */

const table = new Uint32Array(256);
for (let index = 0; index < 256; index += 1) {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  table[index] = value;
}

/** The register after `data`, 0 to 0xffffffff; `register` is 0xffffffff at the beginning. */
export function crc32c(register: number, data: Uint8Array): number {
  let crc = register;
  // By index, as crc32 does.
  for (let index = 0; index < data.length; index += 1)
    crc = (crc >>> 8) ^ (table[(crc ^ (data[index] as number)) & 0xff] as number);
  return crc >>> 0;
}

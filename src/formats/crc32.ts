/**
 * CRC-32 with the polynomial 0xEDB88320 (reflected), the one of UEFI 2.10 section 5.3.1, zip and Ethernet.
 * A table of its own: zlib.crc32 is missing from the Node.js that the oldest boards run.
 */

const table = new Uint32Array(256);
for (let index = 0; index < 256; index += 1) {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  table[index] = value;
}

/** The checksum of `data`, 0 to 0xffffffff. */
export function crc32(data: Uint8Array): number {
  let crc = 0xffffffff;
  // By index: going through the bytes with `of` takes several times as long before V8 has optimised it.
  for (let index = 0; index < data.length; index += 1)
    crc = (crc >>> 8) ^ (table[(crc ^ (data[index] as number)) & 0xff] as number);
  return (crc ^ 0xffffffff) >>> 0;
}

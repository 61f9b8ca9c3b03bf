/** The register of a reflected CRC of 32 bits, moved on by a table for its polynomial. */

/** What each byte makes of the register. */
export function crcTable(polynomial: number): Uint32Array {
  const table = new Uint32Array(256);
  for (let index = 0; index < 256; index += 1) {
    let value = index;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ polynomial : value >>> 1;
    table[index] = value;
  }
  return table;
}

/** The register after `data`, 0 to 0xffffffff. */
export function movedOn(table: Uint32Array, register: number, data: Uint8Array): number {
  let crc = register;
  // By index: going through the bytes with `of` takes several times as long before V8 has optimised it.
  for (let index = 0; index < data.length; index += 1)
    crc = (crc >>> 8) ^ (table[(crc ^ (data[index] as number)) & 0xff] as number);
  return crc >>> 0;
}

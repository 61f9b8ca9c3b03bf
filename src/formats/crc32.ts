/**
 * CRC-32 with the polynomial 0xEDB88320 (reflected), the one of UEFI 2.10 section 5.3.1, zip and Ethernet.
 * A table of its own: zlib.crc32 is missing from the Node.js that the oldest boards run.
 */
import { crcTable, movedOn } from './crc-register.ts';

const table = crcTable(0xedb88320);

/** The checksum of `data`, 0 to 0xffffffff. */
export const crc32 = (data: Uint8Array): number => (movedOn(table, 0xffffffff, data) ^ 0xffffffff) >>> 0;

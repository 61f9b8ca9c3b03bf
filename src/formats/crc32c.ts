/**
 * CRC-32C (Castagnoli, RFC 3720 appendix B.4; polynomial 0x82F63B78 reflected), as ext4 uses it: the register itself,
 * neither preset nor inverted, so that sums of pieces continue each other.
 */
import { crcTable, movedOn } from './crc-register.ts';

const table = crcTable(0x82f63b78);

/** The register after `data`, 0 to 0xffffffff; `register` is 0xffffffff at the beginning. */
export const crc32c = (register: number, data: Uint8Array): number => movedOn(table, register, data);

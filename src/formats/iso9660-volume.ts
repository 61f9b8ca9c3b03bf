/** The primary volume descriptor of an ISO 9660 image: its name, its size and where its root folder lies. */
import { refused } from '../errors.ts';
import type { ByteSource } from './bytes.ts';
import { type DirectoryRecord, parseRecord, sectorSize } from './iso9660-records.ts';

export const damagedHint = 'The image is damaged or was not copied whole: copy or download it again.';

export interface Volume {
  /** Without the padding. */
  readonly volumeId: string;
  /** Bytes. */
  readonly size: number;
  readonly root: DirectoryRecord;
}

/**
 * Looks through the volume descriptors from sector 16 on (8.1) for the primary one (8.4). Throws OpsError (refused)
 * `iso-invalid` or `iso-truncated`; `name` says what was read.
 */
export async function readVolumeDescriptor(source: ByteSource, name: string): Promise<Volume> {
  for (let sector = 16; sector < 64; sector += 1) {
    const bytes = await source.read(sector * sectorSize, sectorSize);
    const identifier = Buffer.from(bytes.subarray(1, 6)).toString('latin1');
    if (bytes.length < sectorSize || identifier !== 'CD001') break;
    // 255 ends the set (8.3)
    if (bytes[0] === 255) break;
    if (bytes[0] !== 1) continue;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const blockSize = view.getUint16(128, true);
    const size = view.getUint32(80, true) * blockSize;
    const root = parseRecord(bytes, 156);
    if (blockSize !== sectorSize || root?.type !== 'directory')
      throw refused('iso-invalid', `${name} has a volume descriptor that makes no sense`, {
        hint: damagedHint,
      });
    if (size > source.size)
      throw refused('iso-truncated', `${name} has ${source.size} bytes and should have ${size}`, {
        hint: damagedHint,
      });
    const volumeId = Buffer.from(bytes.subarray(40, 72))
      .toString('latin1')
      .replace(/[ \0]+$/, '');
    return { volumeId, size, root };
  }
  throw refused('iso-invalid', `${name} is not an ISO 9660 image`);
}

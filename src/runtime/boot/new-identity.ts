/**
 * A disk that was copied from an image gets ids of its own with its first boot: those of its partition table, of both
 * file systems. They are drawn once and kept in the file that asks for this, so that a boot that was cut short goes on
 * with the same ones.
 *
 * The boot loader finds the state file system by its id, and reads it without its journal. So the boot environment
 * names the new id beside the old one, one sector, before the file system gets it; either is found. The next boot has
 * replayed the journal: it takes the old id out. In an image the checksums do not depend on the id (metadata_csum_seed),
 * so that a mounted file system can change it (EXT4_IOC_SETFSUUID, Linux 6.0; tune2fs of e2fsprogs 1.47).
 */
import { join } from 'node:path';
import { nextStateUuid } from '../../boot/environment.ts';
import { changeInstalledEnvironment, type InstalledDevices } from '../../boot/installed-environment.ts';
import { OpsError } from '../../errors.ts';
import type { PlacedBytes } from '../../formats/byte-range.ts';
import { probeExt4 } from '../../formats/filesystems/ext4.ts';
import { encodeGpt } from '../../formats/partition-tables/gpt.ts';
import { decodeGpt } from '../../formats/partition-tables/gpt-decode.ts';
import { withFile, writePieces } from '../../host/device-pieces.ts';
import type { Host } from '../../host/ports.ts';
import { identityMarker } from './image-markers.ts';
import { partitionOf } from './own-disk.ts';

/** In the marker, as JSON. */
interface NewIds {
  /** UUIDs of the state file system, the disk, and its partitions in the order of the table. */
  readonly state: string;
  readonly disk: string;
  readonly partitions: readonly string[];
  /** Of the EFI system partition: 8 hex digits. */
  readonly esp: string;
}

/** Throws what has failed; what is missing is done by the next boot. */
export async function takeIdentity(host: Host, root: string, devices: InstalledDevices): Promise<void> {
  const { files, processes } = host;
  const marker = join(root, identityMarker);
  const ids = await idsOf(host, root, devices, marker);
  const state = join(root, devices.state);
  const uuid = async () => withFile(host, state, 'r', async (file) => (await probeExt4(file))?.uuid);
  if ((await uuid()) === ids.state) {
    // Carried since an earlier boot: by now the boot loader sees it, too.
    await changeInstalledEnvironment(host, root, devices, {
      bos_state_uuid: ids.state,
      [nextStateUuid]: undefined,
    });
    await files.remove(marker);
    return;
  }
  await renameTable(host, root, devices.state, ids);
  await renameEsp(host, join(root, devices.esp), ids.esp);
  await changeInstalledEnvironment(host, root, devices, { [nextStateUuid]: ids.state });
  await processes.run('tune2fs', ['-U', ids.state, devices.state]);
  await processes.run('sync', ['-f', marker]);
  if ((await uuid()) !== ids.state)
    throw new OpsError('broken', 'identity-failed', `The file system on ${devices.state} has kept its id`, {
      hint: 'The system runs; the next boot tries again.',
    });
}

async function idsOf(host: Host, root: string, devices: InstalledDevices, marker: string): Promise<NewIds> {
  const text = await host.files.readText(marker);
  if (text !== '') return JSON.parse(text) as NewIds;
  const found = await partitionOf(host, root, devices.state);
  const table =
    found === undefined
      ? undefined
      : await withFile(host, join(root, found.disk), 'r', (disk) => decodeGpt(disk, found.sectorSize));
  const { random } = host;
  const ids: NewIds = {
    state: random.uuid(),
    disk: random.uuid(),
    partitions: (table?.table.partitions ?? []).map(() => random.uuid()),
    esp: Buffer.from(random.bytes(4)).toString('hex'),
  };
  await host.files.writeAtomic(marker, JSON.stringify(ids), { mode: 0o600 });
  return ids;
}

/** The backup first; were the primary torn, the kernel takes the backup (its argument `gpt`, which images have). */
async function renameTable(host: Host, root: string, device: string, ids: NewIds): Promise<void> {
  const found = await partitionOf(host, root, device);
  if (found === undefined) return;
  const disk = join(root, found.disk);
  const reading = await withFile(host, disk, 'r', (file) => decodeGpt(file, found.sectorSize));
  if (reading === undefined || reading.table.diskGuid === ids.disk) return;
  const partitions = reading.table.partitions.map((partition, index) => ({
    ...partition,
    guid: ids.partitions[index] ?? partition.guid,
  }));
  const { primary, backup } = encodeGpt({ ...reading.table, diskGuid: ids.disk, partitions });
  const { sectorSize } = found;
  // The first sector stays: it starts a BIOS.
  const rest: PlacedBytes = { offset: sectorSize, bytes: primary.bytes.subarray(sectorSize) };
  await writePieces(host, disk, [backup, rest]);
}

/** BPB_BkBootSec and BS_VolID of FAT32 (Microsoft, "FAT32 File System Specification" 1.03, page 12). */
const backupBootSector = 50;
const volumeId = 67;

async function renameEsp(host: Host, path: string, serial: string): Promise<void> {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(Number.parseInt(serial, 16));
  const [sectorSize, backup] = await withFile(host, path, 'r', async (file) => {
    const boot = Buffer.from(await file.read(0, 512));
    return [boot.readUInt16LE(11), boot.readUInt16LE(backupBootSector)] as const;
  });
  const copy = backup === 0 || backup === 0xffff ? [] : [{ offset: backup * sectorSize + volumeId, bytes }];
  await writePieces(host, path, [...copy, { offset: volumeId, bytes }]);
}

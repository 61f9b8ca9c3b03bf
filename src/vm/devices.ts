/** The QEMU device of a disk: the same properties on the command line and when it is plugged in. */
import type { Bus, Disk, MachineType } from './machine.ts';

export type DeviceProperties = Readonly<Record<string, string | number | boolean>>;

/** Where the device goes: a bus, and a unit of it where the bus has several. */
export interface Slot {
  readonly bus?: string;
  readonly unit?: number;
}

const drivers: Readonly<Record<Bus, string>> = {
  cd: 'ide-cd',
  ide: 'ide-hd',
  sata: 'ide-hd',
  usb: 'usb-storage',
  virtio: 'virtio-blk-pci',
  nvme: 'nvme',
  scsi: 'scsi-hd',
};

export const driveId = (disk: Disk) => `drive-${disk.id}`;
export const deviceId = (disk: Disk) => `disk-${disk.id}`;

export function diskDevice(disk: Disk, slot: Slot, bootIndex: number | undefined): DeviceProperties {
  // An NVMe controller must have a serial number.
  const serial = disk.serial ?? (disk.bus === 'nvme' ? disk.id : undefined);
  return {
    driver: slot.bus === 'scsi.0' && disk.bus === 'cd' ? 'scsi-cd' : drivers[disk.bus],
    id: deviceId(disk),
    drive: driveId(disk),
    ...slot,
    ...(serial === undefined ? {} : { serial }),
    ...(disk.sectorSize === 512
      ? {}
      : { logical_block_size: disk.sectorSize, physical_block_size: disk.sectorSize }),
    ...(disk.bus === 'usb' ? { removable: true } : {}),
    ...(bootIndex === undefined ? {} : { bootindex: bootIndex }),
    ...(disk.log === undefined ? {} : loggedProperties),
  };
}

/** What the device reads and writes, as the machine protocol names it. */
export function blockNode(disk: Disk) {
  const name = { 'node-name': driveId(disk) };
  if (disk.log !== undefined) return { ...name, ...loggedNode(disk.file, disk.log) };
  return {
    ...name,
    driver: disk.format,
    'read-only': disk.readOnly,
    cache: { 'no-flush': disk.cache === 'unsafe' },
    file: { driver: 'file', filename: disk.file },
  };
}

/** The guest's flushes are logged; whether they reach the disk of this machine does not matter. */
function loggedNode(file: string, log: string) {
  const cache = { 'no-flush': true };
  return {
    driver: 'blklogwrites',
    file: { driver: 'file', filename: file, cache },
    log: { driver: 'file', filename: log, cache },
    'log-sector-size': 512,
  };
}

/**
 * The guest sees a disk with a write cache, so that it flushes. Requests without data are not offered: QEMU 7.2
 * reserves room for their zeroes after their header is written, and another entry can come between.
 */
const loggedProperties = { 'write-cache': 'on', discard: false, 'write-zeroes': false };

/** Gives each disk its place on the machine's buses, in the order of the list. */
export function assignSlots(disks: readonly Disk[], type: MachineType): Map<Disk, Slot> {
  let ahci = 0;
  let ide = 0;
  return new Map(
    disks.map((disk) => {
      if (disk.bus === 'usb') return [disk, { bus: 'usb.0' }];
      if (disk.bus === 'scsi') return [disk, { bus: 'scsi.0' }];
      if (disk.bus === 'virtio' || disk.bus === 'nvme') return [disk, {}];
      if (disk.bus === 'cd' && type === 'virt') return [disk, { bus: 'scsi.0' }];
      if (type === 'q35') return [disk, { bus: `ide.${ahci++}` }];
      if (disk.bus === 'sata' || type === 'virt') return [disk, { bus: `ahci.${ahci++}` }];
      // Two channels with two units each; a CD is its channel's second unit like any other.
      const place = ide++;
      return [disk, { bus: `ide.${Math.floor(place / 2)}`, unit: place % 2 }];
    }),
  );
}

/** A disk in one line, for lists, prompts and refusals. */
import { formatBytes } from '../formats/size.ts';
import type { DiskFacts } from './facts.ts';

/** `/dev/sda, 500 GB, Samsung SSD 860, serial S3Z9, usb: ext4 "home"` */
export function describeDisk(disk: DiskFacts): string {
  const parts = [
    disk.path,
    formatBytes(disk.size),
    disk.model,
    disk.serial === undefined ? undefined : `serial ${disk.serial}`,
    disk.transport,
    disk.removable ? 'removable' : undefined,
  ];
  return `${parts.filter((part) => part !== undefined).join(', ')}: ${disk.contentSummary}`;
}

/** What uses a disk or its partitions: `/dev/sda1 mounted on /home`, `/dev/sda2 in use by dm-0`. */
export function usesOf(disk: Pick<DiskFacts, 'path' | 'mounts' | 'holders' | 'partitions'>): string[] {
  return [disk, ...disk.partitions].flatMap(({ path, mounts, holders }) => [
    ...mounts.map((point) => (point === '[SWAP]' ? `${path} is swap` : `${path} is mounted on ${point}`)),
    ...holders.map((holder) => `${path} is in use by ${holder}`),
  ]);
}

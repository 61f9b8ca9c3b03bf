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
  const active = disk.stacked.map((device) => device.path);
  const also = active.length === 0 ? '' : `, active: ${active.join(', ')}`;
  return `${parts.filter((part) => part !== undefined).join(', ')}: ${disk.contentSummary}${also}`;
}

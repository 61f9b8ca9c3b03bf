/**
 * `bos/system/takeover.json`: there as long as a takeover is not finished, and removed last. It says what the system
 * that has booted is to finish.
 */
import { z } from 'zod';
import { OpsError } from '../../errors.ts';
import { grubFolders, takeoverMarkerPath } from './takeover-menu.ts';

export const confirmationSchema = z.strictObject({
  /** How long it may take from the moment that the system is up. */
  seconds: z.number().int().min(30).max(86_400),
  /** What counts too, when it answers. */
  url: z.url({ protocol: /^https?$/ }).optional(),
});
export type Confirmation = z.infer<typeof confirmationSchema>;

export const oldBootSchema = z.strictObject({
  /** Lower case: a UUID, or eight hex digits and a dash. */
  uuid: z.string().regex(/^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{4}-[0-9a-f]{4})$/),
  /** As mount takes it. */
  fsType: z.string().regex(/^[a-z0-9]+$/),
  /** Of GRUB's files in it: `/grub`. */
  path: z.string().regex(/^(\/(?!\.\.?(\/|$))[\w.-]+)*$/),
});
export type OldBoot = z.infer<typeof oldBootSchema>;

const schema = z.strictObject({
  v: z.literal(1),
  /** File system UUID of the root that is taken over, lower case. */
  uuid: z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  /** Where GRUB's files are. */
  folder: z.enum(grubFolders),
  /** What GRUB's files lie on, when it is not the root. */
  boot: oldBootSchema.optional(),
  /** What happens to the machine at the end. */
  after: z.enum(['reboot', 'power-off']),
  /** The new system is on trial until somebody has reached it. Without it, coming up is enough. */
  confirm: confirmationSchema.optional(),
});
export type TakeoverMarker = z.infer<typeof schema>;

export const renderTakeoverMarker = (marker: TakeoverMarker): string =>
  `${JSON.stringify(marker, null, 2)}\n`;

/** Throws `takeover-marker` (broken): then nothing may be deleted. */
export function parseTakeoverMarker(text: string): TakeoverMarker {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new OpsError('broken', 'takeover-marker', `${takeoverMarkerPath} is not a valid takeover marker`, {
      cause,
      hint: 'Nothing was deleted. Reboot to start the old system, then run the takeover again.',
    });
  }
}

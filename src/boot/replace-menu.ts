/** What a takeover that replaces the whole disk adds to the menu of the old system, and the marker that it leaves. */
import { z } from 'zod';
import { OpsError } from '../errors.ts';
import { renderGrub } from './menus/grub-template.ts';
import { confirmationSchema, oldBootSchema } from './menus/takeover-marker.ts';
import { additionMarks, takeoverEntry, takeoverMarkerPath } from './menus/takeover-menu.ts';

export interface ReplaceMenu {
  /** Of the file system that GRUB's files and ours lie on, lower case. */
  readonly uuid: string;
  /** From the root of that file system on, without a slash in front. */
  readonly kernel: string;
  /** In the order in which they are loaded. */
  readonly initrds: readonly string[];
  /** Of the kernel, as they stand in grub.cfg. */
  readonly arguments: readonly string[];
  /** Seconds that the trial may take, the start included. */
  readonly limit: number;
}

export const renderReplaceAddition = ({ uuid, kernel, initrds, limit, ...menu }: ReplaceMenu): string =>
  renderGrub('replace-addition', {
    ...additionMarks,
    ...{ UUID: uuid, MARKER: takeoverMarkerPath, ENTRY: takeoverEntry, KERNEL: kernel },
    ARGUMENTS: [
      ...menu.arguments,
      ...['bos.upgrade.try=t', `bos.upgrade.limit=${limit}`],
      // As grub/takeover-menu.cfg has them: whatever fails or hangs ends in a restart.
      ...['panic=10', 'softlockup_panic=1', 'watchdog_thresh=60'],
    ].join(' '),
    INITRDS: initrds.map((path) => `/${path}`).join(' '),
  });

const schema = z.strictObject({
  v: z.literal(1),
  replaces: z.literal('disk'),
  /** What GRUB's files and ours lie on: its disk is the one that is replaced. */
  boot: oldBootSchema,
  after: z.enum(['reboot', 'power-off']),
  confirm: confirmationSchema.optional(),
  /** Of the command that prepared it, for the installation. */
  request: z.strictObject({
    tty: z.string().optional(),
    debug: z.boolean(),
    allowNoLogin: z.boolean(),
    allowWarnings: z.boolean(),
  }),
});
export type ReplaceMarker = z.infer<typeof schema>;

export const renderReplaceMarker = (marker: ReplaceMarker): string => `${JSON.stringify(marker, null, 2)}\n`;

/** Throws `takeover-marker` (broken): then nothing may be erased. */
export function parseReplaceMarker(text: string): ReplaceMarker {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new OpsError('broken', 'takeover-marker', `${takeoverMarkerPath} is not a valid takeover marker`, {
      cause,
      hint: 'Nothing was erased. Reboot to start the old system, then run the takeover again.',
    });
  }
}

/** What a takeover is confirmed by, from the flags of the command. Pure. */
import { type Confirmation, confirmationSchema } from '../../boot/menus/takeover-marker.ts';
import { usage } from '../../errors.ts';
import { secondsOfSpan } from '../../formats/time/time-span.ts';
import { timeText } from '../../formats/time/time-text.ts';

export interface ConfirmationFlags {
  readonly confirm?: string | undefined;
  readonly confirmUrl?: string | undefined;
  readonly trial?: string | undefined;
}

const defaultSeconds = 600;
/**
 * For the start, from the initrd on until what waits for a confirmation runs, which then says that it lives. With what a
 * watchdog takes (a minute of softdog's) and the kernel before it, that is four minutes.
 */
export const startSeconds = 150;

/**
 * Undefined: coming up is enough. That is so where it is asked for, and where the machine is powered off at the end: it
 * becomes an image, and nobody is there. Throws OpsError (usage): `confirmation-invalid`.
 */
export function confirmationOf(flags: ConfirmationFlags, powerOff: boolean): Confirmation | undefined {
  const { confirm, confirmUrl, trial } = flags;
  const other = confirmUrl !== undefined ? '--confirm-url' : trial !== undefined ? '--trial' : undefined;
  if (confirm === 'none' && other !== undefined)
    throw invalid(`${other} has no effect with --confirm none`, 'Leave one of them out.');
  if (confirm === 'none' || (powerOff && confirm === undefined && other === undefined)) return undefined;
  const seconds = trial === undefined ? defaultSeconds : secondsOf(trial);
  const found = confirmationSchema.safeParse({ seconds, ...(confirmUrl && { url: confirmUrl }) });
  if (found.success) return found.data;
  throw found.error.issues.some(({ path }) => path[0] === 'url')
    ? invalid(`--confirm-url: "${confirmUrl}" is not a URL`, 'It begins with http:// or https://.')
    : invalid(`--trial ${trial}: expected 30s to 24h`, 'Such as --trial 10m.');
}

function secondsOf(text: string): number {
  const seconds = secondsOfSpan(text);
  if (seconds === undefined)
    throw invalid(`--trial ${text}: expected a time such as 90s, 10m or 1h`, 'Such as --trial 10m.');
  return seconds;
}

/** `is confirmed within 10 min (…)`, behind "once it" */
export const keptWords = (confirmation: Confirmation | undefined): string =>
  confirmation === undefined
    ? 'has booted'
    : `is confirmed within ${timeText(confirmation.seconds)} (log in over ssh, or run \`sudo opsctl takeover confirm\`${confirmation.url === undefined ? '' : `, or an answer of ${confirmation.url}`})`;

const invalid = (message: string, hint: string) => usage('confirmation-invalid', message, { hint });

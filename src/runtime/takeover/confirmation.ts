/**
 * Whether anybody reaches the system that a takeover has started. Until then it is on trial: a machine that nobody can log in
 * to must not lose the system through which it could be reached.
 */
import { join } from 'node:path';
import type { Confirmation } from '../../boot/menus/takeover-marker.ts';
import type { Host } from '../../host/ports.ts';
import { watchLogins } from '../reach/ssh-login.ts';
import { noWayIn } from '../reach/way-in.ts';
import { signOfLife } from './alive.ts';

/** What `opsctl takeover confirm` leaves. */
export const confirmedPath = '/run/bos/takeover-confirmed';

const pauseMs = 2000;
const urlPauseMs = 10_000;
const urlTimeoutMs = 10_000;
const wayInPauseMs = 10_000;
/** How often in a row nobody could log in before that is believed: sshd may be about to start again. */
const looksInARow = 3;
/** The place in the journal. */
const cursorPath = '/run/bos/takeover-cursor';

export interface TrialOptions {
  /** `/` in the OS. */
  readonly root: string;
  /** Told at the beginning and with each minute: whole seconds that are left. */
  readonly tell: (secondsLeft: number) => Promise<void>;
  readonly signal?: AbortSignal;
}

/** In words: what has confirmed it, or why it is not waited for any longer; neither when the time is over. */
export interface Outcome {
  readonly by?: string;
  readonly hopeless?: string;
}

/** Resolves as soon as it is confirmed, or cannot be. Throws the reason of `signal`. */
export async function awaitConfirmation(
  host: Host,
  { seconds, url }: Confirmation,
  { root, tell, signal }: TrialOptions,
): Promise<Outcome> {
  const { clock } = host;
  const end = clock.monotonic() + seconds * 1000;
  let toldMinute = Number.POSITIVE_INFINITY;
  let nextUrl = 0;
  const logins = await watchLogins(host, root, cursorPath);
  const wayIn = wayInLooks(host, root);
  for (;;) {
    signal?.throwIfAborted();
    await signOfLife(host, root);
    const now = clock.monotonic();
    if (await host.files.exists(join(root, confirmedPath))) return { by: 'opsctl takeover confirm' };
    const login = await logins.look();
    if (login !== undefined) return { by: login };
    if (url !== undefined && now >= nextUrl) {
      if (await answers(host, url)) return { by: `an answer of ${url}` };
      nextUrl = clock.monotonic() + urlPauseMs;
    }
    // What answers may do so without anybody logging in.
    const hopeless = url === undefined ? await wayIn(now) : undefined;
    if (hopeless !== undefined) return { hopeless };
    const left = Math.max(0, end - clock.monotonic());
    if (left === 0) return {};
    const minute = Math.ceil(left / 60_000);
    if (minute < toldMinute) {
      toldMinute = minute;
      await tell(Math.ceil(left / 1000));
    }
    await clock.sleep(Math.min(pauseMs, left), signal);
  }
}

/** Looks now and then; gives the reason once it has been found several times in a row. */
function wayInLooks(host: Host, root: string): (now: number) => Promise<string | undefined> {
  let found = 0;
  let next = 0;
  return async (now) => {
    if (now < next) return undefined;
    next = now + wayInPauseMs;
    const reason = await noWayIn(host, root);
    found = reason === undefined ? 0 : found + 1;
    return found >= looksInARow ? reason : undefined;
  };
}

async function answers({ http }: Host, url: string): Promise<boolean> {
  try {
    await http.get(url, { limit: 1_000_000, timeoutMs: urlTimeoutMs, retries: 0 });
    return true;
  } catch {
    return false;
  }
}

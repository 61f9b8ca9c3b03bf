/**
 * Whether anybody reaches the system that a takeover has started. Until then it is on trial: a machine that nobody can log in
 * to must not lose the system through which it could be reached.
 */
import { join } from 'node:path';
import type { Confirmation } from '../../boot/menus/takeover-marker.ts';
import type { Host } from '../../host/ports.ts';

/** What `opsctl takeover confirm` leaves. */
export const confirmedPath = '/run/bos/takeover-confirmed';

const pauseMs = 2000;
const urlPauseMs = 10_000;
const urlTimeoutMs = 10_000;
const programTimeoutMs = 30_000;
/** Lines of sshd that are looked at: those of everybody who guesses passwords between two looks. */
const lines = 5000;

export interface TrialOptions {
  /** `/` in the OS. */
  readonly root: string;
  /** Told at the beginning and with each minute: whole seconds that are left. */
  readonly tell: (secondsLeft: number) => Promise<void>;
  readonly signal?: AbortSignal;
}

/** Resolves with what has confirmed it, in words; undefined when the time is over. Throws the reason of `signal`. */
export async function awaitConfirmation(
  host: Host,
  { seconds, url }: Confirmation,
  { root, tell, signal }: TrialOptions,
): Promise<string | undefined> {
  const { clock } = host;
  const end = clock.monotonic() + seconds * 1000;
  let toldMinute = Number.POSITIVE_INFINITY;
  let nextUrl = 0;
  for (;;) {
    signal?.throwIfAborted();
    const now = clock.monotonic();
    if (await host.files.exists(join(root, confirmedPath))) return 'opsctl takeover confirm';
    const login = await loginOverSsh(host);
    if (login !== undefined) return login;
    if (url !== undefined && now >= nextUrl) {
      if (await answers(host, url)) return `an answer of ${url}`;
      nextUrl = clock.monotonic() + urlPauseMs;
    }
    const left = Math.max(0, end - clock.monotonic());
    if (left === 0) return undefined;
    const minute = Math.ceil(left / 60_000);
    if (minute < toldMinute) {
      toldMinute = minute;
      await tell(Math.ceil(left / 1000));
    }
    await clock.sleep(Math.min(pauseMs, left), signal);
  }
}

/**
 * The first login since this boot, as sshd has logged it. Of its own lines alone, by the fields that journald sets itself
 * (systemd.journal-fields(7)): anybody can write others.
 */
async function loginOverSsh({ processes }: Host): Promise<string | undefined> {
  const options = ['--boot', '--output=cat', '--no-pager', `--lines=${lines}`];
  const { stdout } = await processes
    .run('journalctl', [...options, '_COMM=sshd', '_UID=0'], {
      timeoutMs: programTimeoutMs,
      okCodes: [0, 1],
    })
    // A look that fails is not the end of the trial: the next one follows.
    .catch(() => ({ stdout: '' }));
  const [, how, who, from] = /^Accepted (\S+) for (\S+) from (\S+) port \d+/m.exec(stdout) ?? [];
  return how === undefined ? undefined : `a login of ${who} over ssh from ${from}`;
}

async function answers({ http }: Host, url: string): Promise<boolean> {
  try {
    await http.get(url, { limit: 1_000_000, timeoutMs: urlTimeoutMs, retries: 0 });
    return true;
  } catch {
    return false;
  }
}

/** Tells the server of a machine's ISO how far it is. A server that does not answer is asked again, up to a limit. */
import { messageOf } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { busyStatuses, retryAfterMs } from '../../host/retry.ts';
import { type ReportFile, signatureHeader, signatureOf } from './report-file.ts';

/** The installer says `installed` when it has come to its end; the machine is, when the disk has booted. */
export const reportNames = ['booted-medium', 'installed', 'booted-disk'] as const;
export type ReportName = (typeof reportNames)[number];

export interface SendOptions {
  /** How long to go on in all, in ms. */
  readonly limitMs: number;
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** `/` in the running system. */
  readonly root?: string;
}

export type Sent = 'accepted' | 'refused' | 'late';

/** Drawn by the kernel at each boot (random(4)): the same report of the same boot counts once. */
const bootIdPath = 'proc/sys/kernel/random/boot_id';
const attemptMs = 10_000;
const firstWaitMs = 2_000;
const longestWaitMs = 60_000;
/** What a server may ask for. */
const longestAskedMs = 300_000;

/** Throws the reason of `signal`, and what reading the id of the boot does. */
export async function sendReport(
  host: Pick<Host, 'http' | 'clock' | 'files'>,
  { url, machine, secret, fingerprint }: ReportFile,
  report: ReportName,
  { limitMs, say, signal, root = '/' }: SendOptions,
): Promise<Sent> {
  const { clock, files } = host;
  const boot = (await files.readText(`${root}${bootIdPath}`)).trim();
  const bytes = Buffer.from(JSON.stringify({ v: 1, machine, report, boot }));
  // Straight to the server: what is pinned is its own certificate.
  const http = host.http.using({ proxyEnv: {}, ...(fingerprint === null ? {} : { pin: fingerprint }) });
  const until = clock.monotonic() + limitMs;
  for (let wait = firstWaitMs; ; wait = Math.min(2 * wait, longestWaitMs)) {
    let [why, asked] = ['', 0];
    try {
      const answer = await http.open(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', [signatureHeader]: signatureOf(secret, bytes) },
        body: { size: bytes.length, pieces: inOnePiece(bytes) },
        timeoutMs: Math.min(attemptMs, limitMs),
        ...(signal === undefined ? {} : { signal }),
      });
      answer.close();
      const { status } = answer;
      if (status === 200) return 'accepted';
      why = `the server answered with HTTP status ${status}`;
      asked = Math.min(retryAfterMs(answer.headers), longestAskedMs);
      if (!busyStatuses.has(status)) {
        say(`report ${report}: ${why}; not tried again`);
        return 'refused';
      }
    } catch (error) {
      signal?.throwIfAborted();
      why = messageOf(error);
    }
    const pause = Math.max(wait, asked);
    const isLate = clock.monotonic() + pause >= until;
    say(`report ${report}: ${why}; ${isLate ? 'gave up' : `trying again in ${pause / 1000} s`}`);
    if (isLate) return 'late';
    await clock.sleep(pause, signal);
  }
}

async function* inOnePiece(bytes: Uint8Array) {
  yield bytes;
}

/**
 * FallbackNameservers of connman's main.conf. connman hands them to its DNS proxy alone, which is off as it would
 * take port 53. So they are written to a file from which bos-resolv.service adds them to resolv.conf whenever the
 * network gives no name server; without them the file is not there and the unit does not start.
 */
import type { ApplyContext } from '../applier.ts';
import { readKey } from './key-file.ts';

/** Lines of resolv.conf. */
export const fallbackFile = '/run/bos/resolv-fallback.conf';

/** More of them are not read (resolv.conf(5), MAXNS). */
const most = 3;

/** `main` is main.conf as connman reads it. In the boot phase systemd starts the units later by itself. */
export async function applyFallbackNameservers(context: ApplyContext, main: string): Promise<void> {
  const { host, phase, path } = context;
  const file = path(fallbackFile);
  const text = fallbackLines(main);
  const present = (await host.files.exists(file)) ? await host.files.readText(file) : undefined;
  // A file that is there stays, so that the unit runs once more and takes the last ones away.
  if (text === (present ?? '')) return;
  await host.files.write(file, text);
  if (phase !== 'runtime') return;
  try {
    const units = ['bos-resolv.path', 'bos-resolv.service'];
    await host.processes.run('systemctl', ['start', ...units], { timeoutMs: 30_000 });
  } catch (error) {
    // The next time is another try.
    await host.files.remove(file);
    throw error;
  }
}

/** connman.conf(5): separated by commas; names are ignored. */
export function fallbackLines(main: string): string {
  const addresses = (readKey(main, 'General', 'FallbackNameservers') ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => /^[0-9A-Fa-f:.]+(%\S+)?$/.test(part) && /[.:]/.test(part));
  return addresses
    .slice(0, most)
    .map((address) => `nameserver ${address}\n`)
    .join('');
}

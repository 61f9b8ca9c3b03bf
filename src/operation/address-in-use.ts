/**
 * Whether somebody on the link has an address already. The kernel asks: ARP for IPv4 (RFC 5227, 2.1, from a machine
 * without an address), neighbour solicitation for IPv6 (RFC 4861, 7.2). Needs root and a card that is up; changes nothing
 * but the table of neighbours.
 */
import { join } from 'node:path';
import type { Host } from '../host/ports.ts';

/** The MAC address of who has it; `nobody`; or `unknown`, where nobody could be asked. */
export type Neighbour = { readonly mac: string } | 'nobody' | 'unknown';

/** The kernel asks three times, a second apart (neighbour/DEV/retrans_time_ms, mcast_solicit). */
const patienceMs = 4500;

/** Never throws but the reason of `signal`. */
export async function whoHas(
  host: Host,
  card: string,
  address: string,
  signal?: AbortSignal,
): Promise<Neighbour> {
  const carrier = join('/sys/class/net', card, 'carrier');
  if ((await host.files.readText(carrier).catch(() => '')).trim() !== '1') return 'unknown';
  const ip = (...words: string[]) => host.processes.run('ip', words, { timeoutMs: 10_000 });
  const forget = () => ip('neigh', 'del', address, 'dev', card).catch(() => {});
  // What is known from before may be long gone.
  await forget();
  try {
    await ip('neigh', 'replace', address, 'dev', card, 'use');
    const end = host.clock.monotonic() + patienceMs;
    for (;;) {
      signal?.throwIfAborted();
      const { stdout } = await ip('-j', 'neigh', 'show', 'to', address, 'dev', card);
      const found = neighbourIn(stdout);
      if (found !== undefined) return found;
      if (host.clock.monotonic() >= end) return 'unknown';
      await host.clock.sleep(100);
    }
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof Error) return 'unknown';
    throw error;
  } finally {
    await forget();
  }
}

/** undefined while the kernel still asks. */
function neighbourIn(json: string): Neighbour | undefined {
  const [entry] = json.trim() === '' ? [] : JSON.parse(json);
  const { lladdr, state } = Object(entry);
  const is = (name: string): boolean => Array.isArray(state) && state.includes(name);
  if (is('FAILED')) return 'nobody';
  return typeof lladdr === 'string' && !is('INCOMPLETE') ? { mac: lladdr } : undefined;
}

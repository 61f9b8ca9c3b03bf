/** Whether the system that a takeover has started has come up: as far as its configuration, which also waits for the network. */
import type { Host } from '../../host/ports.ts';
import { readConfigStatus } from '../status/config-status.ts';
import { signOfLife } from './alive.ts';

/** Commands of the configuration may take their time, and somebody who waits for the old system has some, too. */
export const upSeconds = 600;
const pauseMs = 2000;

/** Resolves with whether it was applied in time. Throws the reason of `signal`. */
export async function cameUp(
  host: Host,
  { root, signal }: { readonly root: string; readonly signal?: AbortSignal | undefined },
): Promise<boolean> {
  const end = host.clock.monotonic() + upSeconds * 1000;
  for (;;) {
    signal?.throwIfAborted();
    await signOfLife(host, root);
    if ((await readConfigStatus(host, root)).phases.runtime !== undefined) return true;
    if (host.clock.monotonic() >= end) return false;
    await host.clock.sleep(pauseMs, signal);
  }
}

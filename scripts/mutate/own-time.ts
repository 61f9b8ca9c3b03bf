/**
 * A limit of time on a machine that does other things, too: a test that waits for a processor does not hang, and a
 * mutation that no test has noticed must not count as killed because of it.
 */
import { readFileSync } from 'node:fs';

/** Something waits for a processor all the time where a mutation loops: the limit comes then, too. */
const mostStretch = 6;
const leastWaitMs = 50;

/** Milliseconds, since the machine started, in which something waited for a processor (PSI: proc_pressure(5)). */
function waitedMs(): number {
  try {
    const text = readFileSync('/proc/pressure/cpu', 'utf8');
    return Number(/^some .*total=(\d+)/m.exec(text)?.[1] ?? 0) / 1000;
  } catch {
    // Kernels without PSI: all time counts.
    return 0;
  }
}

/**
 * Calls `late` when `limitMs` milliseconds have passed without those in which something waited for a processor; at the
 * latest after six times as many. Returns what stops it.
 */
export function afterOwnTime(limitMs: number, late: () => void, waited: () => number = waitedMs): () => void {
  const [start, before] = [performance.now(), waited()];
  const left = () => {
    const passed = performance.now() - start;
    return limitMs - Math.max(passed / mostStretch, passed - (waited() - before));
  };
  const look = (): void => {
    const more = left();
    if (more <= 0) late();
    else timer = setTimeout(look, Math.max(leastWaitMs, more));
  };
  let timer: NodeJS.Timeout = setTimeout(look, limitMs);
  return () => clearTimeout(timer);
}

/** Progress of programs that tell none: how far their output file has grown. */
import type { Host } from '../../host/ports.ts';

const everyMs = 500;

/**
 * Runs `work` and meanwhile reports how much of `expected` bytes the file at `path` has, from `start` to 99 percent.
 * `expected` may be an estimate.
 */
export async function watchGrowth<T>(
  host: Host,
  watched: { readonly path: string; readonly expected: number; readonly start?: number },
  percent: (value: number) => void,
  work: () => Promise<T>,
): Promise<T> {
  const { path, expected, start = 0 } = watched;
  const ended = new AbortController();
  const watching = (async () => {
    let last = start;
    while (!ended.signal.aborted) {
      await host.clock.sleep(everyMs, ended.signal).catch(() => {});
      const size = (await host.files.stat(path).catch(() => undefined))?.size ?? 0;
      const value = Math.min(99, start + (99 - start) * (size / Math.max(1, expected)));
      if (ended.signal.aborted || value - last < 1) continue;
      last = value;
      percent(value);
    }
  })();
  try {
    return await work();
  } finally {
    ended.abort();
    await watching;
  }
}

/** One run for all who ask at the same time. */

/**
 * Who asks while `work` runs waits for the next run, which begins after that: nobody is told what was true before he asked,
 * and a thousand who come at once cost two runs. What it throws is for each who waited for it.
 */
export function runShared<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined;
  let next: Promise<T> | undefined;
  const start = (): Promise<T> => {
    const run = work().finally(() => {
      if (running === run) running = undefined;
    });
    running = run;
    return run;
  };
  return () => {
    if (running === undefined) return start();
    next ??= running
      .catch(() => {})
      .then(() => {
        next = undefined;
        return start();
      });
    return next;
  };
}

/**
 * Keys while something works: they are neither echoed into what is shown nor kept for the next question. Ctrl-C stops
 * as ever.
 */

/** The parts of process.stdin that matter here. */
export interface KeySource {
  readonly isTTY?: boolean;
  readonly isRaw?: boolean;
  setRawMode?(raw: boolean): unknown;
  on(event: 'data', listener: (keys: Uint8Array) => void): unknown;
  off(event: 'data', listener: (keys: Uint8Array) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

const ctrlC = 0x03;

/** Runs `work`; `stop` is called for each Ctrl-C, which raw mode makes a key like any other. */
export async function withQuietKeys<T>(
  source: KeySource,
  stop: () => void,
  work: () => Promise<T>,
): Promise<T> {
  if (source.isTTY !== true || source.setRawMode === undefined) return work();
  const swallow = (keys: Uint8Array) => {
    if (keys.includes(ctrlC)) stop();
  };
  const raw = source.isRaw === true;
  source.setRawMode(true);
  source.on('data', swallow);
  source.resume();
  try {
    return await work();
  } finally {
    source.off('data', swallow);
    source.pause();
    source.setRawMode(raw);
  }
}

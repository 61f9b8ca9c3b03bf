/** Time and chance. */
import type { Clock, Random } from '../ports.ts';

export const clock: Clock = {
  now: () => Date.now(),
  // `performance` brings what measures a server with it, which takes a millisecond to load.
  monotonic: () => {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1000 + nanoseconds / 1e6;
  },
  sleep: async (ms, signal) => {
    const { setTimeout } = await import('node:timers/promises');
    await setTimeout(ms, undefined, signal === undefined ? {} : { signal });
  },
};

/** getRandomValues takes no more than this at once (Web Cryptography API, section 10.1.1). */
const quota = 65_536;

export const random: Random = {
  bytes: (length) => {
    const bytes = new Uint8Array(length);
    for (let start = 0; start < length; start += quota) {
      globalThis.crypto.getRandomValues(bytes.subarray(start, start + quota));
    }
    return bytes;
  },
  uuid: () => globalThis.crypto.randomUUID(),
};

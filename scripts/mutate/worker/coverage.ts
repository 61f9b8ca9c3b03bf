/**
 * What of src a test file runs, as V8 counts it: which characters while it is loaded or by any of its tests, and which
 * lines by each test.
 */

import { readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { fileURLToPath } from 'node:url';
import { ranCharacters, ranLines } from '../../coverage/v8.ts';

export interface Coverage {
  /** Bits in base64, by file. */
  readonly characters: Readonly<Record<string, string>>;
  /** What ran while it was loaded: every test depends on it. */
  readonly loaded: Readonly<Record<string, string>>;
  readonly tests: readonly CoveredTest[];
}

export interface CoveredTest {
  readonly index: number;
  readonly title: string;
  readonly ms: number;
  /** Bits in base64, by file. */
  readonly lines: Readonly<Record<string, string>>;
}

/** Asking V8 takes as long as many a test: short ones are counted together. Milliseconds. */
const worthCounting = 100;

/** Watches files below `base`/src, a URL with a slash at its end. Code must not come out of a cache. */
export async function watchCoverage(base: string) {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const texts = new Map<string, string>();
  const all = new Map<string, Uint8Array>();
  const tests: CoveredTest[] = [];
  let waiting: Omit<CoveredTest, 'lines'>[] = [];
  let loaded: Record<string, string> = {};

  /** What ran since the last time, a byte for each character. */
  async function taken(): Promise<Map<string, Uint8Array>> {
    const { result } = await session.post('Profiler.takePreciseCoverage');
    const found = new Map<string, Uint8Array>();
    for (const { url, functions } of result) {
      if (!url.startsWith(`${base}src/`)) continue;
      const file = url.slice(base.length);
      const text = texts.get(file) ?? readFileSync(fileURLToPath(url), 'utf8');
      texts.set(file, text);
      const ran = ranCharacters(functions, text.length);
      if (!ran.includes(1)) continue;
      found.set(file, ran);
      const sum = all.get(file) ?? new Uint8Array(text.length);
      for (const [index, value] of ran.entries()) if (value === 1) sum[index] = 1;
      all.set(file, sum);
    }
    return found;
  }

  /** What has run since the last time belongs to every test that has ended since. */
  async function count(): Promise<void> {
    const found = await taken();
    const lines = packed(
      new Map([...found].map(([file, ran]) => [file, ranLines(texts.get(file) ?? '', ran)])),
    );
    tests.push(...waiting.map((test) => ({ ...test, ms: Math.round(test.ms), lines })));
    waiting = [];
  }

  const packed = (found: ReadonlyMap<string, Uint8Array>) =>
    Object.fromEntries([...found].map(([file, bytes]) => [file, bitsOf(bytes)]));

  return {
    loaded: async () => {
      loaded = packed(await taken());
    },
    ended: async (test: Omit<CoveredTest, 'lines'>) => {
      waiting.push(test);
      if (waiting.reduce((sum, { ms }) => sum + ms, 0) >= worthCounting) await count();
    },
    found: async (): Promise<Coverage> => {
      await count();
      return { characters: packed(all), loaded, tests };
    },
  };
}

function bitsOf(bytes: Uint8Array): string {
  const bits = new Uint8Array(Math.ceil(bytes.length / 8));
  for (const [index, value] of bytes.entries())
    if (value === 1) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
  return Buffer.from(bits).toString('base64');
}

/** One bit of those. */
export function isSet(bits: string | undefined, index: number): boolean {
  if (bits === undefined) return false;
  const byte = Buffer.from(bits.slice(Math.floor(index / 24) * 4, Math.floor(index / 24) * 4 + 4), 'base64');
  return (((byte[(index >> 3) % 3] ?? 0) >> (index & 7)) & 1) === 1;
}

/** Runs of programs, by the time they take and the memory. */
import { join } from 'node:path';
import type { Bench } from './bench.ts';
import type { Row } from './figure.ts';

/** A command and its arguments. */
export type Run = readonly [command: string, args: readonly string[]];

const patience = { timeoutMs: 900_000 };

/** The bundle on the pinned Node.js. */
export const opsctl = (bench: Bench, ...args: string[]): Run => [
  process.execPath,
  [join(bench.root, 'dist/opsctl-start.cjs'), ...args],
];

/** Milliseconds from start to end. */
export async function timed(bench: Bench, command: string, args: readonly string[]): Promise<number> {
  const start = bench.host.clock.monotonic();
  await bench.host.processes.run(command, args, patience);
  return bench.host.clock.monotonic() - start;
}

/** Peak memory above that of a bare Node.js, in MB. */
export async function peak(bench: Bench, [command, args]: Run): Promise<number> {
  const kilobytes = async (...line: string[]) => {
    const { stderr } = await bench.host.processes.run('/usr/bin/time', ['-f', 'peak %M', ...line], patience);
    return Number(/peak (\d+)/.exec(stderr)?.[1]);
  };
  return ((await kilobytes(command, ...args)) - (await kilobytes(process.execPath, '-e', '0'))) / 1024;
}

export const memoryRow = (figure: string, megabytes: number, reach: number): Row => ({
  figure,
  asked: `at most bare Node.js + ${reach} MB`,
  measured: `bare Node.js + ${megabytes.toFixed(0)} MB`,
  met: megabytes <= reach,
});

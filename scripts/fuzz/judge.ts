/** One look of a parser at an input, and whether it kept its promises. */
import { OpsError } from '../../src/errors.ts';
import type { Parser } from '../../test/corpus/parsers/index.ts';

/** What an input of up to 2 MiB may take. */
export const promise = { cpuMs: 1000, memory: 300e6 } as const;

/** The kind of fault, and more of it; inputs of one kind are kept once. */
export interface Fault {
  readonly kind: string;
  readonly why: string;
}

/** Undefined when the input was read or refused, in time and in little memory. */
export async function judge(parser: Parser, input: Uint8Array): Promise<Fault | undefined> {
  const cpu = process.cpuUsage();
  const before = process.memoryUsage().rss;
  try {
    await parser.parse(input);
  } catch (error) {
    if (!(error instanceof OpsError)) return { kind: placeOf(error), why: String(error) };
  }
  const { user, system } = process.cpuUsage(cpu);
  // The most that this process ever had, in KiB: above what it had before only when this input took it there.
  const peak = process.resourceUsage().maxRSS * 1024;
  const taken = peak - Math.max(before, highest);
  highest = Math.max(highest, peak);
  if (taken > promise.memory) return { kind: 'large', why: `${Math.round(taken / 1e6)} MB` };
  const ms = Math.round((user + system) / 1000);
  if (ms > promise.cpuMs) return { kind: 'slow', why: `${ms} ms of processor time` };
  return undefined;
}

let highest = 0;

/** Where it was thrown: the same mistake gives the same place. */
function placeOf(error: unknown): string {
  const at = error instanceof Error ? /\/(src\/[^)\s]+)/.exec(error.stack ?? '')?.[1] : undefined;
  return `${error instanceof Error ? error.name : typeof error} at ${at ?? 'an unknown place'}`;
}

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

export interface Look {
  /** Undefined when the input was read or refused. */
  readonly thrown: Error | undefined;
  /** Of processor time. */
  readonly cpuMs: number;
  /** Bytes above what the process had before; 0 for less than an input before it took. */
  readonly memory: number;
}

/** Undefined when the input was read or refused, in time and in little memory. */
export async function judge(
  parser: Parser,
  input: Uint8Array,
  limits: { readonly cpuMs: number; readonly memory: number } = promise,
): Promise<Fault | undefined> {
  const { thrown, cpuMs, memory } = await lookAt(parser, input);
  if (thrown !== undefined) return { kind: placeOf(thrown), why: String(thrown) };
  if (memory > limits.memory) return { kind: 'large', why: `${Math.round(memory / 1e6)} MB` };
  const ms = Math.round(cpuMs);
  if (ms > limits.cpuMs) return { kind: 'slow', why: `${ms} ms of processor time` };
  return undefined;
}

export async function lookAt(parser: Parser, input: Uint8Array): Promise<Look> {
  const cpu = process.cpuUsage();
  const before = process.memoryUsage().rss;
  let thrown: Error | undefined;
  try {
    await parser.parse(input);
  } catch (error) {
    if (!(error instanceof OpsError)) thrown = error instanceof Error ? error : new Error(String(error));
  }
  const { user, system } = process.cpuUsage(cpu);
  // The most that this process ever had, in KiB: above what it had before only when this input took it there.
  const peak = process.resourceUsage().maxRSS * 1024;
  const memory = Math.max(0, peak - Math.max(before, highest));
  highest = Math.max(highest, peak);
  return { thrown, cpuMs: (user + system) / 1000, memory };
}

let highest = 0;

/** Where it was thrown: the same mistake gives the same place. */
function placeOf(error: Error): string {
  return `${error.name} at ${/\/(src\/[^)\s]+)/.exec(error.stack ?? '')?.[1] ?? 'an unknown place'}`;
}

/** Tries one mutation: the tests that can notice it, one after the other, until one does. */
import type { ImportGraph } from '../import-graph.ts';
import { timeOf } from './baseline.ts';
import type { Copy } from './copy.ts';
import type { Killers, Question } from './killers.ts';
import { applied, type Mutation } from './mutation.ts';
import type { Outcome, TestProcess } from './process.ts';

export interface Verdict {
  readonly mutation: Mutation;
  readonly killed: boolean;
  /** The test that noticed, and how. */
  readonly by?: string;
  readonly why?: string;
  /** How many test files were asked. */
  readonly asked: number;
  readonly ms: number;
}

export interface Bench {
  readonly graph: ImportGraph;
  readonly killers: Killers;
  readonly copy: Copy;
  readonly process: TestProcess;
  /** Tests that do not pass twice in one process; each gets one of its own. */
  readonly alone: Set<string>;
  readonly survivedShort: (mutation: Mutation) => boolean;
  /** One long test at a time, whoever asks. */
  readonly inTurn: <T>(work: () => Promise<T>) => Promise<T>;
}

/** A process that is busy takes its time; what hangs takes more. */
const limitOf = ({ test, only }: Question) => 5 * timeOf(test, only) + 5000;

export async function tryMutation(mutation: Mutation, bench: Bench): Promise<Verdict> {
  const { copy, killers } = bench;
  const begun = performance.now();
  const original = copy.read(mutation.file);
  const verdict = (killed: boolean, asked: number, by?: string, why?: string): Verdict => ({
    ...{ mutation, killed, asked, ms: Math.round(performance.now() - begun) },
    ...(by === undefined ? {} : { by }),
    ...(why === undefined ? {} : { why }),
  });
  let asked = 0;
  try {
    copy.write(mutation.file, applied(original, mutation));
    for await (const question of killers.of(mutation, bench.survivedShort(mutation))) {
      asked += 1;
      const why = reasonOf(await ask(question, mutation.file, bench));
      if (why === undefined) continue;
      if (!(await believed(question, why, mutation, original, bench))) continue;
      killers.killed(mutation, question.test);
      return verdict(true, asked, question.test.path, why);
    }
    return verdict(false, asked);
  } finally {
    copy.write(mutation.file, original);
  }
}

async function ask(question: Question, file: string, bench: Bench): Promise<Outcome> {
  const { test, only } = question;
  const { graph, process, alone } = bench;
  const fresh = [test.path, ...graph.distancesTo(file).keys()];
  const job = {
    ...{ test: test.path, fresh, snapshots: test.snapshots, coverage: false },
    ...(only === 'all' || alone.has(test.path) ? {} : { only }),
  };
  if (!test.long && !alone.has(test.path)) return process.run(job, limitOf(question));
  await process.end();
  const work = () => process.run(job, limitOf(question));
  const outcome = await (test.long ? bench.inTurn(work) : work());
  await process.end();
  return outcome;
}

/**
 * A test that fails may do so because it ran in this process before, or without the others of its file: then it passes
 * as a whole in a process of its own, and from then on it always gets one.
 */
async function believed(
  question: Question,
  why: string,
  mutation: Mutation,
  original: string,
  bench: Bench,
): Promise<boolean> {
  const { copy, process, alone } = bench;
  const { test } = question;
  const failed = `${test.path} ${why.slice(0, why.indexOf(':'))}`;
  if (alone.has(test.path) || process.trusted.has(failed)) return true;
  copy.write(mutation.file, original);
  const passes = reasonOf(await ask(question, mutation.file, bench)) === undefined;
  copy.write(mutation.file, applied(original, mutation));
  if (passes) {
    process.trusted.add(failed);
    return true;
  }
  alone.add(test.path);
  return reasonOf(await ask(question, mutation.file, bench)) !== undefined;
}

function reasonOf(outcome: Outcome): string | undefined {
  if (outcome === 'hung') return 'it did not end';
  if (outcome === 'died') return 'the process ended';
  return outcome.failed;
}

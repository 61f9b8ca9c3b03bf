/** Runs jobs, some at a time, and tells each beginning and end. Knows nothing of machines. */
import { OpsError } from '../../src/errors.ts';
import { type Job, nextJob } from './plan.ts';

export interface RunJobsOptions {
  readonly workers: number;
  readonly now: () => number;
  readonly print: (line: string) => void;
  /** Does a job; what it throws makes the job fail. */
  readonly perform: (job: Job) => Promise<void>;
  /** Told of each end, of jobs too that never began because their fixture failed. */
  readonly ended?: (result: { job: Job; passed: boolean; seconds: number }) => void;
}

export interface Totals {
  readonly passed: number;
  readonly failed: number;
}

/** Counts tests; a fixture that fails makes every test fail that uses it. */
export async function runJobs(jobs: readonly Job[], options: RunJobsOptions): Promise<Totals> {
  const { now, print } = options;
  let waiting = [...jobs];
  const running = new Map<Job, Promise<void>>();
  const done = new Set<string>();
  const broken = new Set<string>();
  let passed = 0;
  let failed = 0;

  const end = (job: Job, error: unknown, seconds: number): void => {
    options.ended?.({ job, passed: error === undefined, seconds });
    const time = `${seconds.toFixed(0)} s of ${job.seconds} s${seconds > job.seconds ? ', over' : ''}`;
    if (error === undefined) {
      done.add(job.name);
      if (job.kind === 'test') passed++;
      print(`ok      ${job.name} (${time})`);
      return;
    }
    broken.add(job.name);
    if (job.kind === 'test') failed++;
    print(`FAILED  ${job.name} (${time})`);
    for (const line of errorLines(error)) print(`        ${line}`);
  };
  const run = async (job: Job): Promise<void> => {
    const start = now();
    print(`start   ${job.name} (${job.seconds} s)`);
    const error = await options.perform(job).then(
      () => undefined,
      (cause: unknown) => cause ?? new Error('failed'),
    );
    running.delete(job);
    end(job, error, (now() - start) / 1000);
  };

  while (waiting.length > 0 || running.size > 0) {
    const lost = waiting.filter((job) => job.after.some((name) => broken.has(name)));
    for (const job of lost) end(job, `${job.after.join(' or ')} failed`, 0);
    waiting = waiting.filter((job) => !lost.includes(job));
    const state = { waiting, running: [...running.keys()], done };
    const job = running.size < options.workers ? nextJob(state) : undefined;
    if (job !== undefined) {
      waiting = waiting.filter((other) => other !== job);
      running.set(job, run(job));
    } else if (running.size > 0) {
      await Promise.race(running.values());
    } else if (waiting.length > 0 && lost.length === 0) {
      throw new Error('no job can start: their fixtures wait for each other');
    }
  }
  return { passed, failed };
}

/** What a person needs of an error: for our own ones what and what to do, for others where in the code. */
export function errorLines(error: unknown): string[] {
  if (error instanceof OpsError) {
    return [error.message, ...(error.hint === undefined ? [] : [error.hint]), ...error.details];
  }
  return (error instanceof Error ? (error.stack ?? error.message) : String(error)).split('\n');
}

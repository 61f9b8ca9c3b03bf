/** Which system tests run, in which order, and whether they fit their budget: pure. */
import type { Fixture, SystemFile, SystemTest } from '../../test/system/support/machines.ts';

/** Seconds: what a part of the project may take, and how much of that the build from nothing takes. */
export interface Budget {
  readonly total: number;
  readonly build: number;
}

/** Seconds of `make test`: what all of it may take, what comes before the system tests, what each part may take. */
export interface Budgets {
  readonly total: number;
  readonly before: Readonly<Record<string, number>>;
  readonly parts: Readonly<Record<string, Budget>>;
}

/** A fixture or a test, as the runner sees them. */
export interface Job {
  readonly name: string;
  readonly kind: 'fixture' | 'test';
  readonly issue: number;
  readonly seconds: number;
  /** Names of jobs that must have ended well. */
  readonly after: readonly string[];
  readonly alone: boolean;
  readonly work: Fixture['make'];
}

export interface Selection {
  /** Parts of names; none means all. */
  readonly filter: readonly string[];
  readonly soak: boolean;
}

/** The jobs for a selection, fixtures first, each longest first. Throws Error with the fault of a declaration. */
export function selectJobs(files: readonly SystemFile[], { filter, soak }: Selection): Job[] {
  const fixtures = new Map<string, Job>();
  const tests = new Map<string, Job>();
  for (const file of files) {
    for (const fixture of file.fixtures ?? [])
      add(fixtures, job(fixture, 'fixture', file.issue, fixture.make));
    for (const test of file.tests) {
      const wanted = filter.length === 0 || filter.some((part) => test.name.includes(part));
      if (!wanted || (test.soak && !soak)) continue;
      add(
        tests,
        job(test, 'test', file.issue, (t) => test.run(t)),
      );
    }
  }
  const used = new Map<string, Job>();
  const use = (user: Job, path: readonly string[]): void => {
    for (const name of user.after) {
      const fixture = fixtures.get(name);
      if (fixture === undefined)
        throw new Error(`"${user.name}" uses the fixture "${name}", which does not exist`);
      if (path.includes(name)) throw new Error(`the fixture "${name}" uses itself`);
      used.set(name, fixture);
      use(fixture, [...path, name]);
    }
  };
  for (const test of tests.values()) use(test, []);
  const longestFirst = (jobs: Iterable<Job>) => [...jobs].toSorted((a, b) => b.seconds - a.seconds);
  return [...longestFirst(used.values()), ...longestFirst(tests.values())];
}

function job(
  declared: Pick<SystemTest, 'name' | 'seconds' | 'uses' | 'alone'>,
  kind: Job['kind'],
  issue: number,
  work: Job['work'],
): Job {
  const { name, seconds, uses = [], alone = false } = declared;
  if (!(seconds > 0)) throw new Error(`"${name}" declares ${seconds} seconds`);
  return { name, kind, issue, seconds, after: uses, alone, work };
}

function add(jobs: Map<string, Job>, job: Job): void {
  if (jobs.has(job.name)) throw new Error(`two ${job.kind}s are called "${job.name}"`);
  jobs.set(job.name, job);
}

/** What is going on when the next job is looked for. */
export interface State {
  readonly waiting: readonly Job[];
  readonly running: readonly Job[];
  readonly done: ReadonlySet<string>;
}

/**
 * The next job that may start beside those that run, or undefined. Fixtures that others wait for come first; a job
 * that must be alone waits until nothing runs, and is taken when nothing else can be.
 */
export function nextJob({ waiting, running, done }: State): Job | undefined {
  if (running.some((job) => job.alone)) return undefined;
  const ready = waiting.filter((job) => job.after.every((name) => done.has(name)));
  const shared = ready.find((job) => !job.alone);
  return shared ?? (running.length === 0 ? ready[0] : undefined);
}

/** Seconds that the jobs take by their own words, with `workers` machines at a time. */
export function estimate(jobs: readonly Job[], workers: number): number {
  let now = 0;
  let waiting = [...jobs];
  let running: { readonly job: Job; readonly end: number }[] = [];
  const done = new Set<string>();
  while (waiting.length > 0 || running.length > 0) {
    const state = { waiting, running: running.map(({ job }) => job), done };
    const job = running.length < workers ? nextJob(state) : undefined;
    if (job !== undefined) {
      waiting = waiting.filter((other) => other !== job);
      running.push({ job, end: now + job.seconds });
      continue;
    }
    if (running.length === 0) throw new Error('no job can start: their fixtures wait for each other');
    now = Math.min(...running.map(({ end }) => end));
    for (const { job, end } of running) if (end === now) done.add(job.name);
    running = running.filter(({ end }) => end > now);
  }
  return now;
}

/** What of the whole is above its budget; empty when it fits. */
export function overTotal(jobs: readonly Job[], { total, before }: Budgets, workers: number): string[] {
  const earlier = Object.values(before).reduce((sum, seconds) => sum + seconds, 0);
  const seconds = Math.ceil(estimate(jobs, workers));
  if (seconds + earlier <= total) return [];
  return [
    `make test: ${seconds} s of system tests after ${earlier} s (${Object.keys(before).join(', ')}) are above ` +
      `its ${total} s; move what repeats itself to the soak`,
  ];
}

/** One line per part of the project that is above its budget, or has none. */
export function overBudget(
  jobs: readonly Job[],
  budgets: Readonly<Record<string, Budget>>,
  workers: number,
): string[] {
  return [...new Set(jobs.map(({ issue }) => issue))].flatMap((issue) => {
    const budget = budgets[issue];
    if (budget === undefined) return [`part ${issue} has no budget in test/system/budget.json`];
    const seconds = estimate(
      withFixtures(
        jobs.filter((job) => job.issue === issue),
        jobs,
      ),
      workers,
    );
    if (seconds + budget.build <= budget.total) return [];
    return [
      `part ${issue}: ${Math.ceil(seconds)} s of tests and ${budget.build} s of building are above its ` +
        `${budget.total} s`,
    ];
  });
}

/** The jobs and what they come after, each once: a part may use another one's fixtures, and then pays for them too. */
function withFixtures(jobs: readonly Job[], all: readonly Job[]): Job[] {
  const names = new Set<string>();
  const use = (name: string): void => {
    names.add(name);
    for (const job of all) if (job.kind === 'fixture' && job.name === name) job.after.forEach(use);
  };
  for (const job of jobs) job.after.forEach(use);
  return all.filter((job) => jobs.includes(job) || (job.kind === 'fixture' && names.has(job.name)));
}

/** The plan as lines for a person. */
export function planLines(jobs: readonly Job[], workers: number): string[] {
  return [
    ...jobs.map((job) => {
      const after = job.after.length === 0 ? '' : `, after ${job.after.join(' and ')}`;
      return `${String(job.seconds).padStart(5)} s  ${job.kind} ${job.name}${job.alone ? ', alone' : ''}${after}`;
    }),
    `${String(Math.ceil(estimate(jobs, workers))).padStart(5)} s  with ${workers} at a time`,
  ];
}

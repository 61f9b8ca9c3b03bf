/**
 * docs/soak.md: what the last run of each system test showed. A soak takes an hour; run in parts, each part replaces
 * its own rows. Pure.
 */
import type { Job } from './plan.ts';

export interface JobResult {
  readonly job: Pick<Job, 'name' | 'kind' | 'seconds'>;
  readonly passed: boolean;
  /** What it took. */
  readonly seconds: number;
}

export interface SoakRun {
  /** `2026-11-21` */
  readonly date: string;
  /** What was tested, in words: `682f5ea, with changes`. */
  readonly commit: string;
  readonly machine: string;
  readonly results: readonly JobResult[];
  /** Seconds of the whole run. */
  readonly seconds: number;
}

/** The line of a test on the page. */
interface Row {
  readonly seconds: string;
  readonly result: string;
  readonly date: string;
  readonly commit: string;
}

/** The page after a run; `plan` is what a whole soak would run, `before` the page as it was. Rows of tests that are no more go. */
export function soakPage(
  plan: readonly Pick<Job, 'name' | 'kind' | 'seconds'>[],
  before: string,
  run: SoakRun,
): string {
  const rows = new Map([...rowsOf(before), ...run.results.map((result) => newRow(result, run))]);
  const names = plan.map((job) => [nameOf(job), job.seconds] as const);
  const results = plan.flatMap((job) => (job.kind === 'test' ? [rows.get(nameOf(job))?.result] : []));
  const count = (wanted: string | undefined) => results.filter((result) => result === wanted).length;
  return `\
# The last soak

\`make soak\` runs the system tests in every combination of firmware, bus and way to boot, and writes this page. What
\`make test\` runs is among them. Each test is here with its last run; parts of a soak
(\`scripts/system.ts --soak --write PART-OF-A-NAME…\`) write the rows of their tests.

| | |
|---|---|
| tests | ${results.length}: ${count(passed)} passed, ${count(failed)} failed, ${count(undefined)} not run |
| last run | ${run.date}, ${run.results.length} rows in ${clock(run.seconds)} |
| machine | ${cell(run.machine)} |

The declared seconds are those beside one other machine. A fixture is made once for the tests that use it.

| test | seconds | declared | result | date | commit |
|---|---:|---:|---|---|---|
${names.map(([name, declared]) => line(name, declared, rows.get(name))).join('\n')}
`;
}

const passed = 'passed';
const failed = '**failed**';

const nameOf = ({ name, kind }: Pick<Job, 'name' | 'kind'>) =>
  cell(kind === 'fixture' ? `fixture: ${name}` : name);

const newRow = ({ job, ...result }: JobResult, { date, commit }: SoakRun): [string, Row] => [
  nameOf(job),
  {
    seconds: String(Math.round(result.seconds)),
    result: result.passed ? passed : failed,
    date,
    commit: cell(commit),
  },
];

function line(name: string, declared: number, row: Row | undefined): string {
  const { seconds, result, date, commit } = row ?? { seconds: '', result: 'not run', date: '', commit: '' };
  return `| ${name} | ${seconds} | ${declared} | ${result} | ${date} | ${commit} |`;
}

function rowsOf(page: string): [string, Row][] {
  return [...page.matchAll(/^\| (.*) \| (\d+) \| \d+ \| (\S+) \| (\S+) \| (.*) \|$/gm)].map(
    ([, name = '', seconds = '', result = '', date = '', commit = '']) => [
      name,
      { seconds, result, date, commit },
    ],
  );
}

const cell = (text: string) => text.replaceAll('|', '\\|');

/** `73:05`: minutes and seconds. */
function clock(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')} minutes`;
}

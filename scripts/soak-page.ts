/** docs/soak.md: what the last run of every system test showed. Pure. */
import type { Job } from './system-plan.ts';

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
  /** Parts of names that tests were chosen by; none means all. */
  readonly filter: readonly string[];
  readonly results: readonly JobResult[];
  /** Seconds of the whole run. */
  readonly seconds: number;
}

/** The page, in the order in which the tests ended. */
export function soakPage({ date, commit, machine, filter, results, seconds }: SoakRun): string {
  const tests = results.filter(({ job }) => job.kind === 'test');
  const failed = tests.filter(({ passed }) => !passed).length;
  const chosen =
    filter.length === 0 ? 'all of them' : `only those with ${filter.map((part) => `"${part}"`).join(' or ')}`;
  return `\
# The last soak

\`make soak\` runs the system tests in every combination of firmware, bus and way to boot, and writes this page. What
\`make test\` runs is among them.

| | |
|---|---|
| date | ${date} |
| commit | ${cell(commit)} |
| machine | ${cell(machine)} |
| tests | ${cell(chosen)} |
| result | ${tests.length - failed} passed, ${failed} failed, in ${clock(seconds)} |

The declared seconds are those beside one other machine. A fixture is made once for the tests that use it.

| test | seconds | declared | result |
|---|---:|---:|---|
${results.map(row).join('\n')}
`;
}

function row({ job, passed, seconds }: JobResult): string {
  const name = job.kind === 'fixture' ? `fixture: ${job.name}` : job.name;
  return `| ${cell(name)} | ${Math.round(seconds)} | ${job.seconds} | ${passed ? 'passed' : '**failed**'} |`;
}

const cell = (text: string) => text.replaceAll('|', '\\|');

/** `73:05`: minutes and seconds. */
function clock(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')} minutes`;
}

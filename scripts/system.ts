/**
 * Runs the system tests, *.system.ts in the folders of test/system: virtual machines, two at a time.
 *
 *   system.ts [PART-OF-A-NAME…] [--plan] [--soak [--write]] [--jobs N] [--artifacts FOLDER]
 *
 * `--write` puts the results of a soak into docs/soak.md and docs/reliability.md, also when a test failed.
 * Ends with one line such as `12 passed, 0 failed` and exit code 0 or 1; 2 when the plan is above its budget.
 */

import { globSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { workstationHost } from '../src/host/workstation/index.ts';
import { accelerator } from '../src/vm/accelerator.ts';
import type { SystemFile } from '../test/system/support/machines.ts';
import { SystemMachines } from './system/machines.ts';
import { type Budgets, overBudget, overTotal, planLines, selectJobs } from './system/plan.ts';
import { campaignResult, withCampaignResult } from './system/reliability-page.ts';
import { runJobs } from './system/run.ts';
import { type JobResult, soakPage } from './system/soak-page.ts';

const root = join(import.meta.dirname, '..');
// What tests mount must not outlive them: on-node.mjs starts this again where it has mounts of its own.
if (process.env.BOS_OWN_MOUNTS === undefined && process.execve !== undefined) {
  const onNode = join(root, 'scripts/on-node.mjs');
  process.execve(process.execPath, [process.execPath, onNode, ...process.argv.slice(1)], process.env);
}
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    plan: { type: 'boolean', default: false },
    soak: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    jobs: { type: 'string', default: '2' },
    artifacts: { type: 'string', default: join(root, 'dist/artifacts') },
  },
});
const host = workstationHost();
const workers = Number(values.jobs);
const print = (line: string) => process.stdout.write(`${line}\n`);

const folder = join(root, 'test/system');
const found = globSync('*/*.system.ts', { cwd: folder }).toSorted();
const files: SystemFile[] = await Promise.all(
  found.map((path) => import(pathToFileURL(join(folder, path)).href)),
);
const jobs = selectJobs(files, { filter: positionals, soak: values.soak });
const budgets: Budgets = JSON.parse(await host.files.readText(join(folder, 'budget.json')));
// A soak has no budget.
const faults = values.soak
  ? []
  : [...overTotal(jobs, budgets, workers), ...overBudget(jobs, budgets.parts, workers)];
if (values.write && !values.soak) faults.push('--write keeps the results of a soak: give --soak too');
if (jobs.length === 0) faults.push('no test has such a name');

if (values.plan || faults.length > 0) for (const line of planLines(jobs, workers)) print(line);
if (faults.length > 0) {
  for (const fault of faults) process.stderr.write(`${fault}\n`);
  process.exitCode = 2;
} else if (!values.plan) {
  process.exitCode = await runAll();
}

async function runAll(): Promise<number> {
  const machines = new SystemMachines({
    host,
    artifacts: resolve(values.artifacts),
    workers,
    logs: join(root, 'dist/vm-logs'),
    print,
  });
  const results: JobResult[] = [];
  const started = host.clock.monotonic();
  // The sources may change while a soak runs for an hour.
  const commit = values.write ? await currentCommit() : '';
  const keep = async () => {
    if (values.write) await keepResults(commit, results, machines.figures, started);
  };
  const stop = () => {
    // What has been seen until now took long to see.
    void Promise.allSettled([machines.close(), keep()]).then(() => process.exit(130));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    const totals = await runJobs(jobs, {
      workers,
      now: () => host.clock.monotonic(),
      print,
      perform: (job) => machines.perform(job),
      ended: (result) => results.push(result),
    });
    await keep();
    print(`${totals.passed} passed, ${totals.failed} failed`);
    return totals.failed === 0 ? 0 : 1;
  } finally {
    await machines.close();
  }
}

/** Puts the results of a soak into the pages; `started` is by the monotonic clock. */
async function keepResults(
  commit: string,
  results: readonly JobResult[],
  figures: SystemMachines['figures'],
  started: number,
): Promise<void> {
  const date = new Date(host.clock.now()).toISOString().slice(0, 10);
  const soak = join(root, 'docs/soak.md');
  const machine = `${host.system.cpus} processors, ${await accelerator(host)}, ${workers} virtual machines at a time`;
  const seconds = (host.clock.monotonic() - started) / 1000;
  const everything = selectJobs(files, { filter: [], soak: true });
  const before = await host.files.readText(soak);
  await host.files.write(soak, soakPage(everything, before, { date, commit, machine, results, seconds }));
  const campaign = campaignResult({ date, commit, results, figures });
  if (campaign === undefined) return;
  const page = join(root, 'docs/reliability.md');
  await host.files.write(page, withCampaignResult(await host.files.readText(page), campaign));
}

/** The commit under test, and whether the tree differs from it. */
async function currentCommit(): Promise<string> {
  const git = async (...args: string[]) =>
    (await host.processes.run('git', ['-C', root, ...args])).stdout.trim();
  try {
    const changed =
      (await git('status', '--porcelain', '--', ':!docs/soak.md', ':!docs/reliability.md')) !== '';
    return `${await git('rev-parse', '--short', 'HEAD')}${changed ? ', with changes' : ''}`;
  } catch {
    return 'not from a checkout';
  }
}

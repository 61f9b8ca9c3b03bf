/**
 * Verdicts of this very tree, kept as they come: a run that was stopped, or that tried one class alone, is gone on with.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Mutation } from './mutation.ts';
import type { Verdict } from './try.ts';

export class KeptVerdicts {
  readonly #file: string;
  readonly #known = new Map<string, Verdict>();

  /** `folder` holds a file for each tree, by the content of what is mutated and of what tests it. */
  constructor(project: string, folder: string, long: boolean) {
    this.#file = `${folder}/verdicts-${treeOf(project)}${long ? '' : '-short'}.jsonl`;
    if (!existsSync(this.#file)) return;
    // A line that was being written when the run was stopped does not count.
    for (const line of readFileSync(this.#file, 'utf8').split('\n').slice(0, -1)) {
      const verdict = JSON.parse(line) as Verdict;
      this.#known.set(keyOf(verdict.mutation), verdict);
    }
  }

  get(mutation: Mutation): Verdict | undefined {
    return this.#known.get(keyOf(mutation));
  }

  add(verdict: Verdict): void {
    this.#known.set(keyOf(verdict.mutation), verdict);
    mkdirSync(dirname(this.#file), { recursive: true });
    appendFileSync(this.#file, `${JSON.stringify(verdict)}\n`);
  }
}

const keyOf = ({ file, start, end, replacement }: Mutation) => `${file} ${start}-${end} ${replacement}`;

/** What git knows or would add, but for pages and reasons, which no verdict hangs on. */
function treeOf(project: string): string {
  const listed = execFileSync(
    'git',
    [
      'ls-files',
      '-z',
      '--cached',
      '--others',
      '--exclude-standard',
      '--',
      'src',
      'test',
      'grub',
      'os',
      'install',
      'scripts',
    ],
    { cwd: project, encoding: 'utf8' },
  );
  const hash = createHash('sha256').update(process.version);
  for (const path of listed
    .split('\0')
    .filter((name) => name !== '' && name !== 'test/mutations/reasons.json'))
    if (existsSync(`${project}/${path}`)) hash.update(`${path}\0`).update(readFileSync(`${project}/${path}`));
  return hash.digest('hex').slice(0, 16);
}

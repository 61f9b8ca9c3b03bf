/**
 * Verdicts, kept as they come: a run that was stopped, or that tried one class alone, is gone on with. That a test kills
 * a mutation holds until the test, or something that it reaches, changes; that none does until anything changes.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ImportGraph } from '../import-graph.ts';
import type { Mutation } from './mutation.ts';
import type { Verdict } from './try.ts';

interface Line {
  readonly verdict: Verdict;
  /** Of everything that it hangs on. */
  readonly hash: string;
  /** The long tests were asked too. */
  readonly long: boolean;
}

export class KeptVerdicts {
  readonly #file: string;
  readonly #root: string;
  readonly #graph: ImportGraph;
  readonly #tree: string;
  /** What is not imported, and yet what tests read. */
  readonly #texts: string;
  readonly #reached = new Map<string, string>();
  readonly #known = new Map<string, Line>();

  constructor(root: string, folder: string, graph: ImportGraph) {
    this.#file = `${folder}/verdicts.jsonl`;
    this.#root = root;
    this.#graph = graph;
    this.#tree = contentOf(root, gitFiles(root, ['src', 'test', 'grub', 'os', 'install', 'scripts']));
    this.#texts = contentOf(root, gitFiles(root, ['grub', 'os', 'install', 'scripts/mutate']));
    if (!existsSync(this.#file)) return;
    const whole = readFileSync(this.#file, 'utf8').replace(/[^\n]*$/, '');
    // A line that was being written when the run was stopped: the next one must not be added to it.
    truncateSync(this.#file, Buffer.byteLength(whole));
    for (const text of whole.split('\n').slice(0, -1)) {
      const line = JSON.parse(text) as Line;
      if (line.hash === this.#hashOf(line.verdict)) this.#known.set(keyOf(line.verdict.mutation), line);
    }
  }

  /** What is known; a survivor of the short tests is none when the long ones are to be asked. */
  get(mutation: Mutation, long: boolean): Verdict | undefined {
    const line = this.#known.get(keyOf(mutation));
    return line !== undefined && (line.verdict.killed || line.long || !long)
      ? { ...line.verdict, mutation }
      : undefined;
  }

  /** Whether the short tests have been asked and did not notice it. */
  survivedShort(mutation: Mutation): boolean {
    return this.#known.get(keyOf(mutation))?.verdict.killed === false;
  }

  add(verdict: Verdict, long: boolean): void {
    const line = { verdict, hash: this.#hashOf(verdict), long };
    this.#known.set(keyOf(verdict.mutation), line);
    mkdirSync(dirname(this.#file), { recursive: true });
    appendFileSync(this.#file, `${JSON.stringify(line)}\n`);
  }

  #hashOf({ killed, by }: Verdict): string {
    if (!killed || by === undefined) return this.#tree;
    const known = this.#reached.get(by);
    if (known !== undefined) return known;
    const files = [...this.#graph.reachedFrom(by)].filter((path) => existsSync(`${this.#root}/${path}`));
    const hash = `${this.#texts} ${contentOf(this.#root, files)}`;
    this.#reached.set(by, hash);
    return hash;
  }
}

const keyOf = ({ file, start, end, replacement }: Mutation) => `${file} ${start}-${end} ${replacement}`;

/**
 * A verdict is of one change: what finds changes, counts and explains them has no part in it, nor have tests that are
 * never asked.
 */
const elsewhere =
  /^test\/(mutations|docs|house|scripts)\/|^scripts\/mutate(\/changes\/.*|\/(kept|near|page|reasons))?\.ts$/;

/** What git knows or would add, but for what no verdict hangs on. */
function gitFiles(root: string, folders: readonly string[]): string[] {
  const listed = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', ...folders],
    { cwd: root, encoding: 'utf8' },
  );
  return listed
    .split('\0')
    .filter((name) => name !== '' && !elsewhere.test(name) && existsSync(`${root}/${name}`));
}

function contentOf(root: string, paths: readonly string[]): string {
  const hash = createHash('sha256').update(process.version);
  for (const path of paths.toSorted()) hash.update(`${path}\0`).update(readFileSync(`${root}/${path}`));
  return hash.digest('hex').slice(0, 16);
}

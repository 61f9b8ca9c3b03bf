/** Which test files are asked about a mutation, and in which order: those that are likely to notice it, and quick. */
import { foldersBetween, type ImportGraph, isLong, mirrorOf } from '../import-graph.ts';
import { type TestFile, testsAt } from './baseline.ts';
import type { Mutation } from './mutation.ts';

/** What another thread or another process runs is not counted: the nearest tests are asked in any case. */
const askedInAnyCase = 2;
/** Of a test file that has not been looked at yet. */
const guessedMs = 2000;

/** A test file, and which tests of it. */
export interface Question {
  readonly test: TestFile;
  readonly only: readonly number[] | 'all';
}

export class Killers {
  readonly #graph: ImportGraph;
  readonly #paths: readonly string[];
  readonly #look: (path: string) => Promise<TestFile>;
  readonly #looked = new Map<string, Promise<TestFile>>();
  readonly #ms = new Map<string, number>();
  /** How often a test has killed a mutation of a file. */
  readonly #kills = new Map<string, number>();

  /** `look` finds out what a test file does when nothing is mutated; it is asked once for each. */
  constructor(graph: ImportGraph, paths: readonly string[], look: (path: string) => Promise<TestFile>) {
    this.#graph = graph;
    this.#paths = paths;
    this.#look = look;
  }

  /** Long tests last; they alone when the others have been asked. */
  async *of(mutation: Mutation, shortAsked = false): AsyncGenerator<Question> {
    const distances = this.#graph.distancesTo(mutation.file);
    const cost = (path: string) => {
      const kills = this.#kills.get(`${mutation.file} ${path}`) ?? 0;
      const near =
        path === mirrorOf(mutation.file)
          ? 0
          : (distances.get(path) ?? 0) + 4 * foldersBetween(path, mutation.file);
      return ((this.#ms.get(path) ?? guessedMs) * (1 + near)) / (1 + kills);
    };
    const sorted = this.#paths.filter((path) => distances.has(path)).toSorted((a, b) => cost(a) - cost(b));
    const others: TestFile[] = [];
    for (const path of shortAsked ? [] : sorted.filter((path) => !isLong(path))) {
      const test = await this.#file(path);
      const only = testsAt(test, mutation);
      if (test.failed !== undefined) continue;
      if (only.length > 0) yield { test, only };
      else others.push(test);
    }
    for (const test of others.slice(0, askedInAnyCase)) yield { test, only: 'all' };
    for (const path of sorted.filter(isLong)) {
      const test = await this.#file(path);
      const only = testsAt(test, mutation);
      if (test.failed === undefined && only.length > 0) yield { test, only };
    }
  }

  async #file(path: string): Promise<TestFile> {
    const looked = this.#looked.get(path) ?? this.#look(path);
    this.#looked.set(path, looked);
    const test = await looked;
    this.#ms.set(path, test.ms);
    return test;
  }

  killed({ file }: Mutation, test: TestFile): void {
    const key = `${file} ${test.path}`;
    this.#kills.set(key, (this.#kills.get(key) ?? 0) + 1);
  }
}

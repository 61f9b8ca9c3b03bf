/** Which test files are asked about a mutation, and in which order: those that are likely to notice it, and quick. */
import { type ImportGraph, mirrorOf } from '../import-graph.ts';
import { type TestFile, testsAt, timeOf } from './baseline.ts';
import type { Mutation } from './mutation.ts';

/** What another thread or another process runs is not counted: the nearest tests are asked in any case. */
const askedInAnyCase = 2;

/** A test file, and which tests of it. */
export interface Question {
  readonly test: TestFile;
  readonly only: readonly number[] | 'all';
}

export class Killers {
  readonly #graph: ImportGraph;
  readonly #tests: readonly TestFile[];
  /** How often a test has killed a mutation of a file. */
  readonly #kills = new Map<string, number>();

  constructor(graph: ImportGraph, tests: readonly TestFile[]) {
    this.#graph = graph;
    this.#tests = tests.filter(({ failed }) => failed === undefined);
  }

  /** Long tests last. */
  of(mutation: Mutation): Question[] {
    const { file } = mutation;
    const distances = this.#graph.distancesTo(file);
    const cost = ({ test, only }: Question) => {
      const kills = this.#kills.get(`${file} ${test.path}`) ?? 0;
      const near = test.path === mirrorOf(file) ? 0 : (distances.get(test.path) ?? 9);
      return (test.long ? 1e9 : 0) + (timeOf(test, only) * (1 + near)) / (1 + kills);
    };
    const questions = this.#tests.map((test): Question => ({ test, only: testsAt(test, mutation) }));
    const running = questions.filter(({ only }) => only.length > 0).toSorted((a, b) => cost(a) - cost(b));
    const others = questions
      .filter(({ test, only }) => only.length === 0 && !test.long && distances.has(test.path))
      .map(({ test }): Question => ({ test, only: 'all' }))
      .toSorted((a, b) => cost(a) - cost(b))
      .slice(0, askedInAnyCase);
    const isLong = ({ test }: Question) => test.long;
    return [...running.filter((asked) => !isLong(asked)), ...others, ...running.filter(isLong)];
  }

  killed({ file }: Mutation, test: TestFile): void {
    const key = `${file} ${test.path}`;
    this.#kills.set(key, (this.#kills.get(key) ?? 0) + 1);
  }
}

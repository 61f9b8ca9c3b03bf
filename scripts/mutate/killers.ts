/** Which test files are asked about a mutation, and in which order: those that are likely to notice it, and quick. */
import { type ImportGraph, mirrorOf } from '../import-graph.ts';
import { runs, type TestFile } from './baseline.ts';
import type { Mutation } from './mutation.ts';

/** What another thread or another process runs is not counted: the nearest tests are asked in any case. */
const askedInAnyCase = 2;

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
  of({ file, start }: Mutation): TestFile[] {
    const distances = this.#graph.distancesTo(file);
    const reaching = this.#tests.filter(({ path }) => distances.has(path));
    const cost = (test: TestFile) => {
      const kills = this.#kills.get(`${file} ${test.path}`) ?? 0;
      const near = test.path === mirrorOf(file) ? 0 : (distances.get(test.path) ?? 9);
      return (test.long ? 1e9 : 0) + (test.ms * (1 + near)) / (1 + kills);
    };
    const sorted = this.#tests
      .filter((test) => runs(test, file, start))
      .toSorted((a, b) => cost(a) - cost(b));
    const others = reaching
      .filter((test) => !test.long && !sorted.includes(test))
      .toSorted((a, b) => cost(a) - cost(b))
      .slice(0, askedInAnyCase);
    return [...sorted.filter(({ long }) => !long), ...others, ...sorted.filter(({ long }) => long)];
  }

  killed({ file }: Mutation, test: TestFile): void {
    const key = `${file} ${test.path}`;
    this.#kills.set(key, (this.#kills.get(key) ?? 0) + 1);
  }
}

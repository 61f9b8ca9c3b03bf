/** A whole run: the mutations, shared among a few processes, each of which has a copy of the project. */
import type { ImportGraph } from '../import-graph.ts';
import { isLong } from '../import-graph.ts';
import { baselineOf, type TestFile, testFiles } from './baseline.ts';
import { copyProject } from './copy.ts';
import { Killers } from './killers.ts';
import type { Mutation } from './mutation.ts';
import { TestProcess } from './process.ts';
import { tryMutation, type Verdict } from './try.ts';

export interface RunOptions {
  readonly project: string;
  /** An empty folder for copies and for what tests leave. */
  readonly folder: string;
  /** What is kept from run to run. */
  readonly cache: string;
  readonly graph: ImportGraph;
  readonly workers: number;
  readonly long: boolean;
  /** The short tests have been asked about it already. */
  readonly survivedShort: (mutation: Mutation) => boolean;
  readonly said: (verdict: Verdict) => void;
  readonly note: (line: string) => void;
}

export async function runAll(mutations: readonly Mutation[], options: RunOptions): Promise<void> {
  const { project, folder, cache, graph, workers, survivedShort } = options;
  const inTurn = oneAtATime();
  const lanes = Array.from({ length: workers }, (_, index) => ({
    copy: copyProject(project, `${folder}/copy-${index}`),
    temporary: `${folder}/${index}`,
  }));
  const clean = copyProject(project, `${folder}/clean`);
  let looks = 0;
  const look = async (path: string): Promise<TestFile> => {
    looks += 1;
    const fresh = new TestProcess(clean.root, `${folder}/look-${looks}`, undefined);
    const work = () => baselineOf(path, graph, clean.root, `${cache}/baseline`, fresh);
    const found = await (isLong(path) ? inTurn(work) : work());
    if (found.failed !== undefined) options.note(`not used: ${path}: ${found.failed.slice(0, 300)}`);
    return found;
  };
  const killers = new Killers(graph, testFiles(graph, options.long), look);
  const alone = new Set<string>();
  const left = [...mutations];
  await Promise.all(
    lanes.map(async ({ copy, temporary }) => {
      const process = new TestProcess(copy.root, temporary, `${cache}/compiled`);
      for (let mutation = left.shift(); mutation !== undefined; mutation = left.shift()) {
        const verdict = await tryMutation(mutation, {
          graph,
          killers,
          copy,
          process,
          alone,
          inTurn,
          survivedShort,
        });
        options.said(verdict);
      }
      await process.end();
    }),
  );
}

/** Runs what it is given one after the other. */
function oneAtATime(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const next = last.then(work, work);
    last = next.catch(() => {});
    return next;
  };
}

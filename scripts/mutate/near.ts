/** The import graph as it would be with the nearest tests of each file alone: they notice most of what is noticed. */
import { foldersBetween, type ImportGraph, isTest, mirrorOf } from '../import-graph.ts';

export function withNearest(graph: ImportGraph, count: number): ImportGraph {
  return {
    ...graph,
    distancesTo: (path) => {
      const distances = graph.distancesTo(path);
      const far = (test: string) =>
        test === mirrorOf(path) ? 0 : (distances.get(test) ?? 0) + 4 * foldersBetween(test, path);
      const left = [...distances.keys()].filter(isTest).toSorted((a, b) => far(a) - far(b));
      const dropped = new Set(left.slice(count));
      return new Map([...distances].filter(([file]) => !dropped.has(file)));
    },
  };
}

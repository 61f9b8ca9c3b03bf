/** How often properties are tried: a part of the full number in `npm test`, all of it in `npm run long`. */

const quickShare = 1 / 20;
const quickMinimum = 8;

/** Whether `npm run long` runs, with all runs of every property. */
export const isLongRun = process.env.LONG_TESTS !== undefined;

/** The `numRuns` of a property that deserves `full` of them, a whole number of at least 1. */
export const runs = (full: number, long = isLongRun): number =>
  long ? full : Math.min(full, Math.max(quickMinimum, Math.ceil(full * quickShare)));

/** Whether a test file, by its text, has properties that `npm run long` tries more often. */
export const hasMoreRuns = (text: string): boolean => /\/properties\.ts'/.test(text);

/** Keeps a process of many tests small: fork() copies the page tables, so what a program costs grows with who starts it. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');
/** Bytes of a process that has loaded a group, and a little more. */
const small = 200e6;
let limit = small;

/** Gives memory back when there is much more than after the last time. */
export function keepSmall(): void {
  if (process.memoryUsage.rss() < limit) return;
  // The second one gives back the pages that the first has emptied.
  collect();
  collect();
  limit = Math.max(small, 1.3 * process.memoryUsage.rss());
}

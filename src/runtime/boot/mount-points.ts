/** Where file systems are mounted at this moment, below the root that is set up. */
import { join } from 'node:path';
import type { Host } from '../../host/ports.ts';

/** The fifth field of each line, with its octal escapes undone (proc(5), /proc/PID/mountinfo). */
export async function mountPoints(host: Host, root: string): Promise<ReadonlySet<string>> {
  const text = await host.files.readText(join(root, 'proc/self/mountinfo'));
  const points = text.split('\n').map((line) => line.split(' ')[4] ?? '');
  return new Set(
    points.map((point) =>
      point.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))),
    ),
  );
}

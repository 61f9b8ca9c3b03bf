/** Whether what was built is what the sources say: only then do some figures mean anything. */
import type { Bench } from './bench.ts';

/** `make -q` ends with 1 when the bundle would be made anew. */
export async function bundleIsCurrent({ host, root }: Bench): Promise<boolean> {
  const args = ['--question', '--no-print-directory', '-C', root, 'dist/opsctl.cjs'];
  const { exitCode } = await host.processes.run('make', args, { okCodes: [0, 1] });
  return exitCode === 0;
}

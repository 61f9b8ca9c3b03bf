/**
 * Brings everything of a mounted ext4 to where GRUB looks for it: GRUB does not replay the journal, and a block that a
 * later transaction holds again is not in its place even after syncfs(2). Freezing (FIFREEZE) empties the journal.
 */
import type { Host } from '../../host/ports.ts';

/** Of the file system that the folder `at` lies on, for the moment that this takes. */
export async function checkpoint({ processes }: Pick<Host, 'processes'>, at: string): Promise<void> {
  await processes.run('sync', ['-f', at]);
  // One program does both, deaf to what ends this one: a file system that stays frozen stops the machine.
  const script = 'trap "" HUP INT TERM PIPE; fsfreeze -f "$1" && fsfreeze -u "$1"';
  await processes.run('sh', ['-c', script, 'sh', at], { program: 'fsfreeze' });
}

/** Names in a folder are on the disk only when the folder itself has been flushed. */
import type { StepContext } from '../../plan/plan.ts';

export async function syncFolder({ host }: StepContext, folder: string): Promise<void> {
  await host.processes.run('sync', [folder]);
}

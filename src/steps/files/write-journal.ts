/**
 * Keeps the journal of the installation on the target. An installation that has none goes without; in the journal of
 * the live system is more, since this copy cannot tell how the last steps went.
 */
import { z } from 'zod';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { withNewTargetFile } from '../support/target-folder.ts';

/** Where the journal is while installing, as a name of the plan; and where it is kept on BOS_STATE. */
export const journalName = 'file:journal';
export const keptJournalPath = 'bos/system/install.log';

export const writeJournalSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('write-journal'),
  at: z.string(),
});
export type WriteJournal = z.infer<typeof writeJournalSchema>;

export const writeJournal: Handler<WriteJournal> = {
  describe: () => `Write ${keptJournalPath}, the journal so far`,
  destructive: false,
  run: (step, context) => keepJournal(context, context.resolve(step.at)),
  undo: { kind: 'none' },
};

/** Copies the journal, if there is one, to the state file system that is mounted at `folder`. */
export async function keepJournal(context: StepContext, folder: string): Promise<void> {
  const { files } = context.host;
  const journal = await readJournal(context);
  if (journal === undefined) return;
  await withNewTargetFile(files, folder, keptJournalPath, (file) =>
    files.write(file, journal, { mode: 0o600, sync: true }),
  );
}

async function readJournal({ host, resolve }: StepContext): Promise<Uint8Array | undefined> {
  try {
    return await host.files.read(resolve(journalName));
  } catch {
    return undefined;
  }
}

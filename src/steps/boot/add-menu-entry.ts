/** Adds an entry to the menu of GRUB that is there, in the file for entries of people; what they have in it stays. */
import { z } from 'zod';
import { withAddition, withoutAddition } from '../../boot/menus/takeover-menu.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { readBackError } from '../support/devices.ts';
import { refuseOtherThanFile, withTargetFile } from '../support/target-folder.ts';

export const addMenuEntrySchema = z.strictObject({
  id: z.string(),
  kind: z.literal('add-menu-entry'),
  at: z.string(),
  /** Relative to `at`: `boot/grub/custom.cfg`. */
  path: z.string(),
  /** Between the two lines that mark it as ours. */
  text: z.string(),
});
export type AddMenuEntry = z.infer<typeof addMenuEntrySchema>;

export const addMenuEntry: Handler<AddMenuEntry> = {
  describe: (step) => `Add an entry to the boot menu (${step.path}); the current default stays`,
  destructive: false,
  preflight: (step, { host, resolve }) => refuseOtherThanFile(host.files, resolve(step.at), step.path),
  run: (step, context) => change(step, context, (text) => withAddition(text, step.text)),
  async verify(step, { host, resolve }) {
    const path = `${resolve(step.at)}/${step.path}`;
    if (!(await host.files.readText(path)).endsWith(step.text)) throw readBackError(path);
  },
  undo: { kind: 'restore', run: (step, context) => change(step, context, withoutAddition) },
};

/** The file goes when nothing is left of it. */
async function change(
  step: AddMenuEntry,
  { host, resolve }: StepContext,
  edit: (text: string) => string,
): Promise<void> {
  const { files } = host;
  await withTargetFile(files, resolve(step.at), step.path, async (path) => {
    const stat = await files.stat(path);
    const text = stat === undefined ? '' : await files.readText(path);
    const edited = edit(text);
    if (edited === text) return;
    if (edited === '') return files.remove(path);
    const { mode, uid, gid } = stat ?? { mode: 0o644, uid: 0, gid: 0 };
    await files.writeAtomic(path, edited, { mode, owner: { uid, gid } });
  });
}

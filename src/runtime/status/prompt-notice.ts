/** What stands above every login prompt, and is shown to whoever logs in. */
import { dirname, join } from 'node:path';
import type { Host } from '../../host/ports.ts';

/** agetty(8) shows the one above the prompt, pam_motd(8) the other. */
export const promptNoticePaths = (name: string) =>
  [`/run/issue.d/${name}.issue`, `/run/motd.d/${name}`] as const;

/** Writes it, or removes it where there is no text. Throws what files do. */
export async function setPromptNotice(
  { files }: Host,
  root: string,
  name: string,
  text: string | undefined,
): Promise<void> {
  for (const place of promptNoticePaths(name).map((path) => join(root, path))) {
    if (text !== undefined) {
      await files.makeDir(dirname(place));
      await files.writeAtomic(place, text, { mode: 0o644 });
    } else if (await files.exists(place)) await files.remove(place);
  }
}

/** Prompts at which nobody has begun to type are written again. */
export async function reloadPrompts({ processes }: Host): Promise<void> {
  await processes.run('agetty', ['--reload'], { okCodes: [0, 1] });
}

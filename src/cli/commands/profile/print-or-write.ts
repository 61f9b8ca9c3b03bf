/** A text that was asked for: on stdout, or in a file that does not exist yet. */
import { resolve } from 'node:path';
import { requireOutputFile } from '../../../host/output-place.ts';
import type { CommandContext, OptionValues } from '../../command.ts';

/** Gives the path of the file, if one was named. Throws OpsError (refused) `output-exists`, `output-folder`. */
export async function printOrWrite(
  { host, terminal }: CommandContext,
  { output, force }: OptionValues,
  text: string,
): Promise<string | undefined> {
  if (output === undefined) {
    terminal.out(text);
    return undefined;
  }
  const path = resolve(host.system.cwd(), String(output));
  await requireOutputFile(host, String(output), {
    force: force === true,
    hint: 'Give another --output, or add --force to replace it.',
  });
  // It may hold secrets.
  await host.files.writeAtomic(path, text, { mode: 0o600 });
  return path;
}

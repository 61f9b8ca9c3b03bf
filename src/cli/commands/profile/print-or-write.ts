/** A text that was asked for: on stdout, or in a file that does not exist yet. */
import { dirname, resolve } from 'node:path';
import { refused } from '../../../errors.ts';
import type { CommandContext, OptionValues } from '../../command.ts';

/** Gives the path of the file, if one was named. Throws OpsError (refused) `output-exists` and `output-folder`, and what writing does. */
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
  const stat = await host.files.stat(path);
  if (stat !== undefined && (force !== true || stat.type !== 'file'))
    throw refused('output-exists', `${String(output)} exists`, {
      hint: 'Give another --output, or add --force to replace a file.',
    });
  if ((await host.files.stat(dirname(path))) === undefined)
    throw refused('output-folder', `The folder ${dirname(path)} does not exist`, {
      hint: 'Make it, or name another one.',
    });
  // It may hold secrets.
  await host.files.writeAtomic(path, text, { mode: 0o600 });
  return path;
}

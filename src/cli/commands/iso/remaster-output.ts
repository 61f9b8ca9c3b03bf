/** Where a changed ISO goes, and what is told of it: for the commands that change ISOs. */
import { errorCode, refused } from '../../../errors.ts';
import type { RemasterJob, RemasterResult } from '../../../iso/job.ts';
import type { CommandContext, OptionValues } from '../../command.ts';
import { outputLost } from '../../terminal/lost-output.ts';
import { wrap } from '../../terminal/wrap.ts';

/** Where the new image goes. Throws `stdout-is-terminal` (refused). */
export function outputOf(
  { terminal }: CommandContext,
  { output }: OptionValues,
): Pick<RemasterJob, 'output'> {
  if (output === undefined) return {};
  if (output !== '-') return { output: String(output) };
  if (terminal.stdoutIsTty)
    throw refused('stdout-is-terminal', 'Cannot write an ISO to a terminal', {
      hint: 'Send it to a file or a pipe.',
    });
  return { output: { sink: writeStdout } };
}

const words = { put: 'written', removed: 'removed', link: 'linked' } as const;

/** `write X` as what has been done: `Wrote X`. */
const done = (does: string): string =>
  does
    .replace(/^write/, 'Wrote')
    .replace(/^rewrite/, 'Rewrote')
    .replace(/^rebuild/, 'Rebuilt');

/** What was done, or would be, in lines for people. */
export function remasterText(
  result: RemasterResult,
  { dryRun, output, volid }: OptionValues,
  columns: number,
): string {
  const { iso, method, reason, files, oldSize, newSize, written, notes } = result;
  const image = output === '-' ? 'the image' : iso;
  const grown = newSize > oldSize ? `, which makes it ${newSize - oldSize} bytes longer` : '';
  const does =
    output !== undefined
      ? `write ${image} (${method}): ${written} bytes`
      : method === 'rebuild' || method === 'grub-mkrescue'
        ? `rebuild ${image} (${method}): ${written} bytes`
        : `rewrite ${written} bytes of ${image} in place (${method})`;
  const sentence = dryRun === true ? `Dry run: would ${does}` : done(does);
  return [
    `${sentence}${grown}.`,
    wrap(reason, columns, '  '),
    ...files.map(({ path, change }) => `  /${path}: ${words[change]}`),
    ...(volid === undefined ? [] : [`  volume name: ${String(volid)}`]),
    ...notes.map((note) => wrap(`note: ${note}`, columns)),
    '',
  ].join('\n');
}

/**
 * Bytes to standard output, no faster than they are taken. Throws `output-closed` (refused) when the reader is gone, and
 * `output-lost` (refused) for a full disk.
 */
async function writeStdout(bytes: Uint8Array): Promise<void> {
  // The stream tells everybody; the write below has it, too.
  if (process.stdout.listenerCount('error') === 0) process.stdout.on('error', () => {});
  const fault = await new Promise<Error | null | undefined>((resolve) => {
    process.stdout.write(bytes, resolve);
  });
  if (!fault) return;
  if (errorCode(fault) !== 'EPIPE') throw await outputLost(fault);
  throw refused('output-closed', 'The reader of stdout ended before it had all of the ISO', {
    cause: fault,
    hint: 'See what the program behind the pipe says.',
  });
}

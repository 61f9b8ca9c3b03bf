/** Where a changed ISO goes, and what is told of it: for the commands that change ISOs. */
import { refused } from '../../../errors.ts';
import type { RemasterJob, RemasterResult } from '../../../iso/job.ts';
import type { CommandContext, OptionValues } from '../../command.ts';
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

/** Bytes to standard output, no faster than they are taken; throws Node's error (EPIPE) when the reader is gone. */
function writeStdout(bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

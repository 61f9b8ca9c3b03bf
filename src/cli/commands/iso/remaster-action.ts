/** What `opsctl iso remaster` does. Few imports: the whole process is to take hardly longer than starting Node.js. */
import { replacement } from '../../../boot/menus/argument-request.ts';
import { refused, usage } from '../../../errors.ts';
import type { RemasterJob, RemasterResult } from '../../../iso/job.ts';
import { remaster, undoRemaster } from '../../../iso/remaster.ts';
import {
  addition,
  asksNothing,
  imagePath,
  type RemasterRequest,
  setting,
  volumeName,
} from '../../../iso/request.ts';
import type { CommandAction, CommandContext, OptionValues } from '../../command.ts';
import { wrap } from '../../terminal/wrap.ts';

export const isoRemaster: CommandAction = async (context, [iso], options) => {
  const { host, terminal, signal } = context;
  const path = String(iso);
  const json = options.json === true;
  const request = requestOf(options);
  if (options.undo === true) {
    if (!asksNothing(request) || options.output !== undefined)
      throw usage('undo-alone', '--undo cannot be combined with other changes');
    await undoRemaster(host, path, signal);
    terminal.out(json ? `${JSON.stringify({ v: 1, iso: path, undone: true })}\n` : `${path} is restored.\n`);
    return 0;
  }
  if (asksNothing(request))
    throw usage('remaster-nothing', 'No changes were given', {
      hint: "For example --append-karg ARG. See 'opsctl iso remaster --help'.",
    });
  const result = await remaster({
    ...{ host, rebuildHost: context.workstation, iso: path, request, signal },
    dryRun: options.dryRun === true,
    ...outputOf(context, options),
  });
  const text = json
    ? `${JSON.stringify({ v: 1, ...result })}\n`
    : resultText(result, options, terminal.columns);
  if (options.output === '-') terminal.err(text);
  else terminal.out(text);
  return 0;
};

function requestOf(options: OptionValues): RemasterRequest {
  const list = (name: string) => (options[name] ?? []) as readonly string[];
  const text = (name: string) => options[name] as string | undefined;
  const given = <K extends keyof RemasterRequest>(name: K, value: RemasterRequest[K] | undefined) =>
    value === undefined ? {} : { [name]: value };
  const volid = text('volid');
  return {
    menu: {
      append: list('appendKarg'),
      delete: list('deleteKarg'),
      replace: list('replaceKarg').map(replacement),
      ...(options.entry === undefined ? {} : { entry: String(options.entry) }),
      ...(options.afterSeparator === true ? { afterSeparator: true } : {}),
      ...(options.install === undefined ? {} : { install: list('install').map(setting) }),
    },
    add: list('add').map(addition),
    remove: list('remove').map(imagePath),
    ...given('config', text('config')),
    ...given('grubCfg', text('grubCfg')),
    ...given('volumeId', volid === undefined ? undefined : volumeName(volid)),
    ...given('dcp', text('dcp')),
    ...given('method', options.method as RemasterRequest['method']),
  };
}

function outputOf({ terminal }: CommandContext, { output }: OptionValues): Pick<RemasterJob, 'output'> {
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

function resultText(
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

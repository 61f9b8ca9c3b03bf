/** What `opsctl iso remaster` does. Few imports: the whole process is to take hardly longer than starting Node.js. */
import { replacement } from '../../../boot/menus/argument-request.ts';
import { usage } from '../../../errors.ts';
import { remaster, undoRemaster } from '../../../iso/remaster.ts';
import {
  addition,
  asksNothing,
  imagePath,
  type RemasterRequest,
  setting,
  volumeName,
} from '../../../iso/request.ts';
import type { CommandAction, OptionValues } from '../../command.ts';
import { outputOf, remasterText } from './remaster-output.ts';

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
    : remasterText(result, options, terminal.columns);
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

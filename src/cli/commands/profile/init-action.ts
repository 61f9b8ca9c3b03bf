/** What `opsctl profile init` does. */
import { dirname, resolve } from 'node:path';
import { hasErrors } from '../../../config/diagnostics.ts';
import { usage } from '../../../errors.ts';
import { packFiles } from '../../../palette/pack/pack-content.ts';
import { newProfile, type ProfileRequest } from '../../../palette/profile/init/new-profile.ts';
import { readProfile } from '../../../palette/profile/load.ts';
import { defaultVersion, profileTypes, shownTypes, typeOf } from '../../../palette/profile/model.ts';
import type { CommandAction, CommandContext, OptionValues } from '../../command.ts';
import { type Ask, askAtTerminal } from '../../terminal/ask.ts';
import { tellResult } from '../../terminal/list-lines.ts';
import { tellFaults } from '../diagnostics-report.ts';
import { profilesInvalid } from './checked-profile.ts';
import { askForProfile, type GivenProfile } from './init-questions.ts';
import { printOrWrite } from './print-or-write.ts';

export const profileInit: CommandAction = (context, _args, options) => initProfile(context, options);

/** Throws OpsError: `profile-field`, `profile-pack`, `profile-invalid` (usage), `output-exists` (refused). */
export async function initProfile(
  context: CommandContext,
  options: OptionValues,
  ask?: Ask,
): Promise<number> {
  const { host, terminal, signal } = context;
  const given = givenOf(options);
  const cwd = host.system.cwd();
  const isPack = (folder: string) => host.files.exists(resolve(cwd, folder, packFiles.meta));
  const request =
    complete(given) ??
    (terminal.stdinIsTty && options.json !== true
      ? await askForProfile(ask ?? askAtTerminal(signal), terminal.err, given, isPack)
      : missing(given));
  const place = String(options.output);
  const output = resolve(cwd, place);
  const text = await newProfile(host.files, request, { cwd, output });
  const { findings, profile } = await readProfile(host, Buffer.from(text), { path: output, place });
  if (hasErrors(findings)) throw profilesInvalid(findings);
  await host.files.makeDir(dirname(output));
  await printOrWrite(context, options, text);
  tellFaults(terminal, findings);
  const packs = profile?.packs.map(({ name, version }) => `${name} ${version}`) ?? [];
  if (options.json === true) terminal.out(`${JSON.stringify({ v: 1, path: output, packs }, null, 2)}\n`);
  else
    tellResult(
      terminal,
      `${output} has the profile ${request.name} of ${packs.join(', ')}.\nEdit it, then render it for Palette: \`opsctl profile render ${place}\`.`,
    );
  return 0;
}

const text = (value: unknown): string | undefined => (value === undefined ? undefined : String(value).trim());

function givenOf(options: OptionValues): GivenProfile {
  return {
    type: profileTypes.find((type) => type === typeOf(String(options.type))),
    name: text(options.name),
    version: text(options.profileVersion),
    description: text(options.description) ?? '',
    packs: ((options.pack ?? []) as readonly string[]).map(String),
    registry: text(options.registry),
  };
}

function complete({
  type,
  name,
  version = defaultVersion,
  ...rest
}: GivenProfile): ProfileRequest | undefined {
  if (type === undefined || name === undefined || name === '' || rest.packs.length === 0) return undefined;
  return { ...rest, type, name, version };
}

function missing({ type, name, packs }: GivenProfile): never {
  throw usage('profile-field', 'A profile needs more', {
    details: [
      ...(type === undefined ? [`--type <type>: ${shownTypes.join(', ')}`] : []),
      ...(name === undefined || name === '' ? ['--name <name>: of the profile'] : []),
      ...(packs.length === 0 ? ['--pack <pack>: folder of a pack, or NAME:VERSION; once for each'] : []),
    ],
    hint: 'Give these options, or run it at a terminal to be asked.',
  });
}

/** What `opsctl pack init` does. */
import { resolve } from 'node:path';
import { z } from 'zod';
import { hasErrors } from '../../../config/diagnostics.ts';
import { OpsError, refused, usage } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';
import { notThere } from '../../../host/system-error.ts';
import { parseManifest } from '../../../media/manifest.ts';
import { makePack, writePack } from '../../../palette/init/make-pack.ts';
import {
  type Answers,
  type FieldName,
  fieldNames,
  fields,
  type KindName,
  kindNames,
  kinds,
  missingFields,
  type PackRequest,
} from '../../../palette/init/request.ts';
import type { CommandAction, CommandContext, OptionValues } from '../../command.ts';
import { type Ask, askAtTerminal } from '../../terminal/ask.ts';
import { tellResult } from '../../terminal/list-lines.ts';
import { tellFaults } from '../diagnostics-report.ts';
import { askForPack } from './init-questions.ts';
import { packsInvalid } from './validate-action.ts';

export const packInit: CommandAction = (context, _args, options) => initPack(context, options);

/** Throws OpsError (usage): `pack-kind`, `pack-field`, `pack-fields-missing`, `pack-invalid`; and what making one throws. */
export async function initPack(context: CommandContext, options: OptionValues, ask?: Ask): Promise<number> {
  const { host, terminal, signal } = context;
  const cwd = host.system.cwd();
  const path = (given: unknown) => resolve(cwd, String(given));
  const given = { kind: kindOf(options), answers: await answersOf(host, options, path) };
  const complete = given.kind !== undefined && missingFields({ ...given, kind: given.kind }).length === 0;
  const { kind, answers } =
    complete || !terminal.stdinIsTty || options.json === true
      ? { kind: requireKind(given.kind), answers: given.answers }
      : await askForPack(ask ?? askAtTerminal(signal), terminal.err, given);
  requireFields(kind, answers);
  const list = (name: string) => ((options[name] ?? []) as readonly string[]).map(String);
  const request: PackRequest = {
    ...{ kind, answers },
    clouds: options.cloud === undefined ? undefined : list('cloud'),
    charts: list('chart').map(path),
    manifests: list('manifest').map(path),
    images: list('contentImage'),
    drain: options.drain === true,
  };
  if (kind !== 'addon' && request.charts.length + request.manifests.length > 0)
    throw usage('pack-field', 'An OS pack has no charts and manifests', {
      hint: 'Use --kind addon for them.',
    });
  const pack = await makePack(host, request, options.logo === undefined ? undefined : path(options.logo));
  if (hasErrors(pack.findings)) throw packsInvalid(pack.findings);
  const folder = await writePack(host, path(options.output), pack);
  tellFaults(terminal, pack.findings);
  if (options.json === true)
    terminal.out(`${JSON.stringify({ v: 1, path: folder, files: [...pack.files.keys()] }, null, 2)}\n`);
  else
    tellResult(
      terminal,
      `${folder} has the pack: ${[...pack.files.keys()].join(', ')}.\nEdit its values.yaml, then push it: \`opsctl pack push ${String(options.output) === '.' ? pack.folder : folder} REGISTRY\`.`,
    );
  return 0;
}

function kindOf({ kind }: OptionValues): KindName | undefined {
  if (kind === undefined) return undefined;
  return kindNames.find((name) => name === kind);
}

function requireKind(kind: KindName | undefined): KindName {
  if (kind !== undefined) return kind;
  throw usage('pack-kind', 'Which kind of pack is not said', {
    details: kindNames.map((name) => `--kind ${name}: ${kinds[name].title}`),
    hint: 'Give --kind, or run it at a terminal to be asked.',
  });
}

async function answersOf(
  host: Host,
  options: OptionValues,
  path: (given: unknown) => string,
): Promise<Answers> {
  const answers: Partial<Record<FieldName, string>> =
    options.build === undefined ? {} : await ofBuild(host, path(options.build), kindOf(options));
  for (const name of fieldNames) {
    const value = options[optionName(name)];
    if (value === undefined) continue;
    const text = String(value).trim();
    const fault = fields[name].check(text);
    if (fault !== undefined)
      throw usage('pack-field', `${flagOf(name)} is "${text.slice(0, 200)}": ${fault}`, {
        hint: '`opsctl help pack init` says what each option takes.',
      });
    answers[name] = text;
  }
  return answers;
}

/** `--pack-version <version>` is `packVersion` to the parser. */
const optionName = (name: FieldName): string =>
  flagOf(name)
    .slice(2)
    .replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

const flagOf = (name: FieldName): string => fields[name].flags.split(' ')[0] ?? '';

/** What a build says of the system in it. */
async function ofBuild({ files }: Host, folder: string, kind: KindName | undefined): Promise<Answers> {
  const hint = 'Name the folder that `opsctl build` wrote, dist/artifacts as a rule.';
  if (!(await files.exists(folder))) throw notThere('build-missing', folder, hint);
  const names = await files.list(folder);
  const found = names.find((name) => /^manifest-[a-z0-9]+\.json$/.test(name));
  if (found === undefined) throw refused('build-missing', `${folder} has no build`, { hint });
  const { os } = parseManifest(await files.readText(`${folder}/${found}`), `${folder}/${found}`);
  const image = names.find((name) => /^bos-palette-[a-z0-9]+\.json$/.test(name));
  // An image of the OS is what a pack for edge hosts names, and no other.
  const uri =
    image === undefined || kind !== 'edge' ? {} : { uri: await referenceIn(files, `${folder}/${image}`) };
  return { ...uri, version: os, displayName: `Bhojpur OS ${os}`, osName: 'bhojpur', osVersion: os };
}

const imageRecord = z.object({ v: z.literal(1), reference: z.string() });

/** What `opsctl build oci --layout palette` has called its image. */
async function referenceIn(files: Host['files'], path: string): Promise<string> {
  let value: unknown;
  try {
    value = JSON.parse(await files.readText(path));
  } catch {}
  const parsed = imageRecord.safeParse(value);
  if (parsed.success) return parsed.data.reference;
  throw refused('build-missing', `${path} does not name an image`, {
    hint: 'Build it again: `opsctl build oci --layout palette`.',
  });
}

/** Fields that every kind takes, or that only go into the values of one. */
const always: readonly FieldName[] = [
  'name',
  'version',
  'displayName',
  'group',
  'eol',
  'osName',
  'osVersion',
];

function requireFields(kind: KindName, answers: Answers): void {
  const foreign = fieldNames.filter(
    (name) => answers[name] !== undefined && !always.includes(name) && !kinds[kind].fields.includes(name),
  );
  if (foreign.length > 0)
    throw usage('pack-field', `${foreign.map(flagOf).join(', ')} cannot be combined with --kind ${kind}`, {
      details: [`--kind ${kind} takes: ${kinds[kind].fields.map(flagOf).join(', ')}`],
      hint: 'Leave it out, or give another --kind.',
    });
  const missing = missingFields({ kind, answers });
  if (missing.length > 0)
    throw new OpsError('usage', 'pack-fields-missing', `A pack of the kind ${kind} needs more`, {
      details: missing.map((name) => `${fields[name].flags}: ${fields[name].help}`),
      hint: 'Give these options, or run it at a terminal to be asked.',
    });
}

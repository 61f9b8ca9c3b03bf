/** What `opsctl pack validate` does. */
import { resolve } from 'node:path';
import { formatDiagnostic, hasErrors } from '../../../config/diagnostics.ts';
import { errorCode, exitCodes, OpsError, usage } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';
import { whyNamed } from '../../../host/system-error.ts';
import { type Fixed, fixPack } from '../../../palette/pack/fix.ts';
import { NotAPack, readPackFolder } from '../../../palette/pack/read-folder.ts';
import { type Finding, validatePack } from '../../../palette/pack/validate.ts';
import { isArchive } from '../../../palette/registry/open-pack.ts';
import { readPackArchive } from '../../../palette/registry/read-archive.ts';
import type { CommandAction } from '../../command.ts';
import { namedToCheck } from '../config/read-files.ts';
import { diagnosticRow } from '../diagnostics-report.ts';

interface Checked extends Fixed {
  readonly place: string;
}

/** Reports what is wrong with packs. Throws OpsError (usage): `nothing-to-validate`, `pack-invalid`. */
export const packValidate: CommandAction = async ({ host, terminal }, [given], options) => {
  const folders = namedToCheck(given, 'Name folders of packs, or their archives.');
  const checked = await inParallel(folders, (place) => checkFolder(host, place, options.fix === true));
  const findings = checked.flatMap((pack) => pack.findings);
  if (options.json === true) {
    terminal.out(jsonOf(checked));
    return hasErrors(findings) ? exitCodes.usage : 0;
  }
  for (const { fixed } of checked)
    for (const finding of fixed) terminal.err(`mended: ${formatDiagnostic(finding)}\n`);
  if (hasErrors(findings)) throw packsInvalid(findings);
  for (const finding of findings) terminal.err(`${formatDiagnostic(finding)}\n`);
  return 0;
};

/** Waiting for a disk is most of it. */
const atOnce = 16;

/** The results in the order of the places. */
async function inParallel<T>(places: readonly string[], work: (place: string) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  const left = places.entries();
  const worker = async () => {
    for (const [index, place] of left) results[index] = await work(place);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

async function checkFolder(host: Host, given: string, fix: boolean): Promise<Checked> {
  const place = given.replace(/(?<=.)\/+$/, '');
  const folder = resolve(host.system.cwd(), place);
  try {
    if (isArchive(place)) {
      const { content } = await readPackArchive(host, folder, place);
      return { place, fixed: [], ...validatePack(content) };
    }
    if (fix) return { place, ...(await fixPack(host, folder, place)) };
    return { place, fixed: [], ...validatePack(await readPackFolder(host.files, folder, place)) };
  } catch (error) {
    const findings = messagesOf(error, fix).map(
      (message): Finding => ({ severity: 'error', place: { file: place }, message, file: '', edits: [] }),
    );
    return { ...{ place, name: undefined, version: undefined, layer: undefined, fixed: [] }, findings };
  }
}

/** Why nothing can be said of a pack. Throws what is a fault of ours. */
function messagesOf(error: unknown, fix: boolean): readonly string[] {
  if (error instanceof NotAPack) return [error.message];
  // Of an archive: the reasons stand in the details, or the message has them.
  if (error instanceof OpsError) return error.details.length > 0 ? error.details : [error.message];
  if (errorCode(error) === undefined) throw error;
  return [`cannot be read${fix ? ' or mended' : ''}: ${whyNamed(error)}`];
}

function jsonOf(checked: readonly Checked[]): string {
  const row = (finding: Finding) => ({ ...diagnosticRow(finding), fixable: finding.edits.length > 0 });
  const found = {
    v: 1,
    packs: checked.map(({ place, name, version, layer }) => ({
      ...{ path: place, name: name ?? null, version: version ?? null, layer: layer ?? null },
    })),
    diagnostics: checked.flatMap(({ findings }) => findings.map(row)),
    fixed: checked.flatMap(({ fixed }) => fixed.map(row)),
  };
  return `${JSON.stringify(found, null, 2)}\n`;
}

/** Errors and warnings by their packs, as they were found. */
export function packsInvalid(findings: readonly Finding[]): OpsError {
  const errors = findings.filter(({ severity }) => severity === 'error');
  const files = [...new Set(errors.map(({ place }) => place.file))];
  const shown = files.length > 3 ? `${files.length} files` : files.join(', ');
  const count = errors.length === 1 ? 'an error' : `${errors.length} errors`;
  const mendable = findings.some(({ edits }) => edits.length > 0);
  return usage('pack-invalid', `There ${errors.length === 1 ? 'is' : 'are'} ${count} in ${shown}`, {
    details: findings.map(formatDiagnostic),
    hint: mendable
      ? 'Fix what is listed; `opsctl pack validate --fix` mends what is mechanical. docs/palette.md has the reasons.'
      : 'Fix what is listed. docs/palette.md has the reasons.',
  });
}

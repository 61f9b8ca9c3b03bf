/** What `opsctl pack validate` does. */
import { resolve } from 'node:path';
import { type Fault, hasErrors, unreadableFile } from '../../../config/diagnostics.ts';
import { errorCode, OpsError } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';
import { whyNamed } from '../../../host/system-error.ts';
import { type Fixed, fixPack } from '../../../palette/pack/fix.ts';
import { NotAFolder, NotAPack, readPackFolder } from '../../../palette/pack/read-folder.ts';
import { type Finding, validatePack } from '../../../palette/pack/validate.ts';
import { isArchive } from '../../../palette/registry/open-pack.ts';
import { readPackArchive } from '../../../palette/registry/read-archive.ts';
import type { CommandAction } from '../../command.ts';
import { namedToCheck } from '../config/read-files.ts';
import { diagnosticRow, faultsExit, faultsFound, tellFaults } from '../diagnostics-report.ts';

interface Checked extends Fixed {
  readonly place: string;
}

/** Reports what is wrong with packs. Throws OpsError: (usage) `nothing-to-validate`, `pack-invalid`; (refused) `file-unreadable`. */
export const packValidate: CommandAction = async ({ host, terminal }, [given], options) => {
  const folders = namedToCheck(given, 'Name folders of packs, or their archives.');
  const checked = await inParallel(folders, (place) => checkFolder(host, place, options.fix === true));
  const findings = checked.flatMap((pack) => pack.findings);
  if (options.json === true) {
    terminal.out(jsonOf(checked));
    return faultsExit(findings);
  }
  for (const { fixed } of checked) tellFaults(terminal, fixed, 'mended: ');
  if (hasErrors(findings)) throw packsInvalid(findings);
  tellFaults(terminal, findings);
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
    const findings = faultsOf(error, place, fix).map((fault): Finding => ({ ...fault, file: '', edits: [] }));
    return { ...{ place, name: undefined, version: undefined, layer: undefined, fixed: [] }, findings };
  }
}

/** Why nothing can be said of a pack. Throws what is a fault of ours. */
function faultsOf(error: unknown, file: string, fix: boolean): readonly Fault[] {
  const fault = (message: string): Fault => ({ severity: 'error', place: { file }, message });
  if (error instanceof NotAFolder) return [{ ...fault(error.message), unreadable: true }];
  if (error instanceof NotAPack) return [fault(error.message)];
  // Of an archive: the reasons stand in the details, or the message has them.
  if (error instanceof OpsError)
    return error.details.length > 0
      ? error.details.map(fault)
      : [fault(error.message.replace(`${file} `, ''))];
  if (errorCode(error) === undefined) throw error;
  const why = whyNamed(error);
  const unreadable = unreadableFile(file, why);
  return [fix ? { ...unreadable, message: `cannot be read or mended: ${why}` } : unreadable];
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
  const mendable = findings.some(({ edits }) => edits.length > 0);
  return faultsFound(
    'pack-invalid',
    findings,
    mendable
      ? 'Fix what is listed; `opsctl pack validate --fix` mends what is mechanical. docs/palette.md has the reasons.'
      : 'Fix what is listed. docs/palette.md has the reasons.',
  );
}

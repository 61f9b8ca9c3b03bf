/** What `opsctl edge site` does. */
import { createHash } from 'node:crypto';
import { hasErrors } from '../../../config/diagnostics.ts';
import { OpsError, refused, usage } from '../../../errors.ts';
import { formatBytes } from '../../../formats/size.ts';
import { requireOutputFile } from '../../../host/output-place.ts';
import type { Host } from '../../../host/ports.ts';
import { whyNamed } from '../../../host/system-error.ts';
import { readable } from '../../../iso/edit/local-file.ts';
import { siteIso, siteLabel } from '../../../palette/edge/media/site-iso.ts';
import type { CommandAction, OptionValues } from '../../command.ts';
import { tellResult } from '../../terminal/list-lines.ts';
import { diagnosticRow, faultsFound, tellFaults } from '../diagnostics-report.ts';
import { readUserData, reasonsHint } from './read-user-data.ts';

/**
 * Throws OpsError (usage) `user-data-invalid`, `meta-data-twice`, `hostname-invalid`; (refused) `file-missing`,
 * `output-exists`, `output-folder`, `site-unwritable`; (undone) `site-read-back`.
 */
export const edgeSite: CommandAction = async ({ host, terminal }, [named], options) => {
  const output = String(options.output);
  const { bytes, diagnostics } = await readUserData(host, String(named), { site: true });
  if (hasErrors(diagnostics)) throw faultsFound('user-data-invalid', diagnostics, reasonsHint);
  const metaData = await metaDataOf(host, options, bytes);
  const hint = 'Give --replace, or another --output.';
  await requireOutputFile(host, output, { force: options.replace === true, hint });
  const image = await siteIso({ 'user-data': bytes, 'meta-data': metaData }, dateOf(host));
  const dryRun = options.dryRun === true;
  if (!dryRun) await write(host, output, image);
  if (options.json === true) {
    const told = { v: 1, iso: output, label: siteLabel, size: image.length, written: !dryRun };
    terminal.out(`${JSON.stringify({ ...told, diagnostics: diagnostics.map(diagnosticRow) })}\n`);
    return 0;
  }
  tellFaults(terminal, diagnostics);
  const what = `${output} (${formatBytes(image.length)}), labelled ${siteLabel}: user-data, meta-data`;
  tellResult(terminal, dryRun ? `Dry run: would write ${what}.` : `Wrote ${what}.`);
  return 0;
};

/** No date of today: 1980, where FAT and ISO 9660 both begin, unless the build says another. */
const earliest = 315_532_800;

function dateOf({ system }: Host): number {
  const given = Number(system.env.SOURCE_DATE_EPOCH ?? '');
  return Number.isInteger(given) && given >= earliest ? given : earliest;
}

/** Other user-data are another instance to cloud-init, whose commands run anew. */
async function metaDataOf(host: Host, options: OptionValues, userData: Uint8Array): Promise<Uint8Array> {
  const { metaData, hostname } = options;
  if (metaData !== undefined && hostname !== undefined)
    throw usage('meta-data-twice', '--hostname cannot be combined with --meta-data', {
      hint: 'Write local-hostname into the meta-data.',
    });
  if (metaData !== undefined) return readable(host, String(metaData));
  if (hostname !== undefined && !/^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$/.test(String(hostname)))
    throw usage('hostname-invalid', `--hostname: ${hostname} is not a host name`, {
      hint: 'Use letters, digits, hyphens and dots.',
    });
  const digest = createHash('sha256').update(userData).digest('hex').slice(0, 12);
  const name = hostname === undefined ? '' : `local-hostname: ${hostname}\n`;
  return Buffer.from(`instance-id: site-${digest}\n${name}`);
}

/** Read by its owner alone, since user-data hold tokens; read back from the disk. */
async function write({ files }: Host, output: string, image: Uint8Array): Promise<void> {
  try {
    await files.writeAtomic(output, image, { mode: 0o600 });
  } catch (cause) {
    throw refused('site-unwritable', `${output} cannot be written: ${whyNamed(cause)}`, {
      cause,
      hint: 'Choose another place with --output.',
    });
  }
  if (Buffer.compare(await files.read(output), image) === 0) return;
  await files.remove(output);
  throw new OpsError('undone', 'site-read-back', `${output} did not read back as written, and is removed`, {
    hint: 'The disk that it was written to may be failing.',
  });
}

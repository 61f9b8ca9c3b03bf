/** Says that this machine has booted, from its medium or from its disk, to the server that its ISO came from. */
import { join } from 'node:path';
import { readBootFacts } from '../../boot/boot-facts.ts';
import { statePath } from '../../boot/installed-environment.ts';
import { messageOf } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { parseReportFile, reportFilePath } from '../../operation/announce/report-file.ts';
import { type ReportName, type Sent, sendReport } from '../../operation/announce/send.ts';

/** A network that is being mended, a database that is away; of a disk it goes on with the next boot. */
const limitMs = 30 * 60_000;

const reportOf: Readonly<Record<string, ReportName>> = {
  live: 'booted-medium',
  install: 'booted-medium',
  disk: 'booted-disk',
  local: 'booted-disk',
};

export interface AnnounceOptions {
  readonly say: (line: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Undefined where there is nothing to say. With the last report the secret is of no more use, and leaves the disk. Throws
 * OpsError (refused) `not-bhojpur-os`, `report-file-invalid`.
 */
export async function announce(
  host: Host,
  root: string,
  { say, signal }: AnnounceOptions,
): Promise<Sent | undefined> {
  const { files } = host;
  const { mode } = await readBootFacts(host, root);
  const report = reportOf[mode];
  const path = join(root, reportFilePath);
  if (report === undefined || !(await files.exists(path))) return undefined;
  const file = parseReportFile(await files.readText(path));
  const sent = await sendReport(host, file, report, { limitMs, say, signal, root });
  if (sent === 'accepted') say(`reported ${report} to ${new URL(file.url).host}`);
  if (sent === 'accepted' && report === 'booted-disk')
    await files.remove(join(root, statePath, reportFilePath)).catch((error: unknown) => {
      // In ephemeral mode the disk stays as it is; the next boot says it again.
      say(`the secret of the report stays: ${messageOf(error)}`);
    });
  return sent;
}

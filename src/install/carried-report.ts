/**
 * The file by which the machine reports to the server that its medium came from: taken along to the disk, which has the last
 * word, and told when the installation has come to its end. Neither can make an installation fail.
 */
import { messageOf } from '../errors.ts';
import { sha256Of } from '../host/digest.ts';
import type { Host } from '../host/ports.ts';
import { parseReportFile, reportFilePath } from '../operation/announce/report-file.ts';
import { sendReport } from '../operation/announce/send.ts';
import type { Step } from '../steps/index.ts';

/** Size and digest: its secret is not part of a plan. */
export interface CarriedReport {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

/** The machine waits for its restart. */
const limitMs = 20_000;

/** Undefined where the medium has none, or one that cannot be used. `system` is what runs: only our own medium has it. */
export async function carriedReport(
  { files }: Pick<Host, 'files'>,
  system: string,
): Promise<CarriedReport | undefined> {
  const path = `/${reportFilePath}`;
  if (system !== 'live' || !(await files.exists(path))) return undefined;
  try {
    const bytes = await files.read(path);
    parseReportFile(bytes.toString());
    return { path, size: bytes.length, sha256: sha256Of(bytes) };
  } catch {
    return undefined;
  }
}

/** The steps that take it along, to the file system that `at` names. */
export const writeReport = (at: string, report: CarriedReport | undefined): Step[] =>
  report === undefined
    ? []
    : [
        {
          id: 'write-report',
          kind: 'write-file',
          at,
          path: reportFilePath,
          mode: 0o600,
          content: { from: 'file', ...report },
          holds: 'where this machine reports that it has booted',
        },
      ];

/** Says `installed`, if anybody is to be told. */
export async function reportInstalled(
  host: Host,
  system: string,
  say: (line: string) => void,
): Promise<void> {
  try {
    if ((await carriedReport(host, system)) === undefined) return;
    const file = parseReportFile(await host.files.readText(`/${reportFilePath}`));
    await sendReport(host, file, 'installed', { limitMs, say });
  } catch (error) {
    say(`report installed: ${messageOf(error)}`);
  }
}

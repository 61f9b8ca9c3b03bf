/** The report of `opsctl image inspect` as text for people. */
import { formatBytes } from '../../../formats/size.ts';
import type { ImageReport } from '../../../image/inspect/inspect.ts';
import { wrap } from '../../terminal/wrap.ts';
import { loaderText, reportRow } from '../report-row.ts';

export function imageReportText(report: ImageReport, columns: number): string {
  const row = (label: string, text: string) => reportRow(label, text, columns);
  const { system, faults, size, fileSize, format, table, partitions } = report;
  return [
    `${report.name}\n`,
    row(
      'Image',
      `${format}, a disk of ${size} bytes (${formatBytes(size)})${fileSize === size ? '' : ` in ${fileSize}`}`,
    ),
    row('Table', table === null ? 'none: it has no partitions' : tableText(report)),
    ...partitions.map((partition) => `    ${partitionText(partition)}\n`),
    row('BIOS', report.bios ?? 'starts nothing'),
    row('UEFI', loadersText(report)),
    row('Secure Boot', report.secureBoot ? 'yes' : 'no'),
    row('System', systemText(report)),
    ...(system === null ? [] : configLines(system, row)),
    ...(system?.menu ?? []).flatMap(({ title, id, kernels }) => [
      row('Entry', id === null ? title : `${title} [${id}]`),
      ...kernels.map((line) => `${wrap([line.kernel, ...line.arguments].join(' '), columns, '      ')}\n`),
    ]),
    ...(system === null ? [] : [row('Whole', wholeText(report))]),
    row('Problems', faults.length === 0 ? 'none' : ''),
    ...faults.map((fault) => `${wrap(`- ${fault}`, columns, '    ')}\n`),
  ].join('');
}

const tableText = ({ table, sectorSize }: ImageReport): string =>
  `${table}${sectorSize === 512 ? '' : `, for disks with sectors of ${sectorSize} bytes`}`;

function partitionText({
  number,
  name,
  type,
  size,
  content,
  label,
}: ImageReport['partitions'][number]): string {
  const what = [type, content === null ? 'unknown content' : `${content}${label === '' ? '' : ` ${label}`}`];
  return `${number}  ${(name === '' ? '-' : name).padEnd(12)}${formatBytes(size).padStart(8)}  ${what.join(', ')}`;
}

const loadersText = ({ loaders }: ImageReport): string =>
  loaders.map(loaderText).join(', ') || 'starts nothing';

const systemText = ({ system, partitions }: ImageReport): string =>
  system === null
    ? partitions.some(({ name }) => name === 'BOS_STATE')
      ? 'Bhojpur OS, which cannot be read'
      : 'not Bhojpur OS'
    : `Bhojpur OS ${system.version} for ${system.arch}, kernel ${system.kernel}, ` +
      (system.dcp === null ? 'without DCP' : `DCP ${system.dcp}`);

function configLines(
  { config, configOn }: NonNullable<ImageReport['system']>,
  row: (label: string, text: string) => string,
): string[] {
  if (config === null) return [row('Configuration', 'none')];
  const lines = config.split('\n').filter(Boolean);
  return [row('Configuration', `on the ${configOn}:`), ...lines.map((line) => `    ${line}\n`)];
}

function wholeText({ faults, compared, system }: ImageReport): string {
  if (faults.length > 0) return 'no';
  return compared
    ? `yes: ${system?.files} files have the digests of the manifest`
    : `${system?.files} files have the sizes of the manifest; without --quick they are compared`;
}

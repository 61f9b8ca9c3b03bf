/** What `opsctl pack show` does. */
import { resolve } from 'node:path';
import { formatBytes } from '../../../formats/size.ts';
import { describePack, type PackReport } from '../../../palette/pack/describe.ts';
import { openPack } from '../../../palette/registry/open-pack.ts';
import type { CommandAction } from '../../command.ts';
import { reportRow } from '../report-row.ts';

/** Throws what `openPack` throws. */
export const packShow: CommandAction = async ({ host, terminal }, [given], options) => {
  const place = String(given).replace(/(?<=.)\/+$/, '');
  const { content } = await openPack(host, resolve(host.system.cwd(), place), place);
  const report = describePack(content);
  terminal.out(
    options.json === true ? `${JSON.stringify(report, null, 2)}\n` : reportText(report, terminal.columns),
  );
  return 0;
};

function reportText(report: PackReport, columns: number): string {
  const row = (label: string, text: string | null) =>
    text === null || text === '' ? '' : reportRow(label, text, columns);
  const { name, version, displayName, layer, addonType, errors, warnings } = report;
  const faults = [
    ...(errors === 0 ? [] : [errors === 1 ? '1 error' : `${errors} errors`]),
    ...(warnings === 0 ? [] : [warnings === 1 ? '1 warning' : `${warnings} warnings`]),
  ];
  return [
    `${name ?? 'without a name'} ${version ?? ''}`.trim().concat('\n'),
    row('Shown as', displayName),
    row('Layer', addonType === null ? layer : `${layer}, ${addonType}`),
    row('Clouds', report.cloudTypes.join(', ')),
    row('Image', report.image),
    ...report.contentImages.map((image, index) => row(index === 0 ? 'Content' : '', image)),
    ...Object.entries(report.annotations).map(([key, value], index) =>
      row(index === 0 ? 'Annotations' : '', `${key}: ${value}`),
    ),
    ...report.files.map(({ path, size }, index) =>
      row(index === 0 ? 'Files' : '', `${path}, ${formatBytes(size)}`),
    ),
    row('Faults', faults.length === 0 ? 'none' : `${faults.join(', ')}: see \`opsctl pack validate\``),
  ].join('');
}

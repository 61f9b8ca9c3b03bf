/** The report of `opsctl iso inspect` as text for people. */
import { formatBytes } from '../../../formats/size.ts';
import type {
  BootReport,
  IsoReport,
  MenuReport,
  Partitions,
  SystemReport,
} from '../../../iso/inspect/inspect.ts';
import { wrap } from '../../terminal/wrap.ts';
import { labelOf, loaderText, reportRow } from '../report-row.ts';

export function isoReportText(report: IsoReport, columns: number): string {
  const row = (label: string, text: string) => reportRow(label, text, columns);
  const { system, faults, menus } = report;
  return [
    `${report.name}\n`,
    row('Volume', volumeText(report)),
    ...(report.sha256 === null ? [] : [`  ${labelOf('SHA-256')}${report.sha256}\n`]),
    row('Trees', report.trees.map(treeText).join(', ')),
    row('Boots from', report.boot.map(bootText).join('; ') || 'nothing: it has no boot images'),
    row('As a disk', partitionsText(report.partitions)),
    row('Secure Boot', secureBootText(report)),
    ...report.kernels.map(({ path, version }) =>
      row('Kernel', `/${path}${version === null ? '' : `, ${version}`}`),
    ),
    row('System', systemText(system)),
    ...(system?.config === null || system === null ? [] : [row('Configuration', 'bos/system/config.yaml:')]),
    ...(system?.config ?? '')
      .split('\n')
      .filter(Boolean)
      .map((line) => `    ${line}\n`),
    ...menus.map((menu) => menuText(menu, columns)),
    ...(menus.length === 0 ? [row('Menus', 'none known')] : []),
    row('Problems', faults.length === 0 ? 'none' : ''),
    ...faults.map((fault) => `${wrap(`- ${fault}`, columns, '    ')}\n`),
  ].join('');
}

function volumeText({ volumeId, size, volumeSize, created, application, preparer }: IsoReport): string {
  return [
    `${volumeId === '' ? 'without a name' : volumeId}, ${size} bytes (${formatBytes(size)})`,
    ...(volumeSize === size ? [] : [`of which the volume takes ${volumeSize}`]),
    ...(created === null ? [] : [`made ${created.slice(0, 19).replace('T', ' ')}`]),
    ...[application, preparer]
      .filter(Boolean)
      .slice(0, 1)
      .map((maker) => `by ${maker}`),
  ].join(', ');
}

const treeNames: Readonly<Record<string, string>> = {
  iso9660: 'ISO 9660',
  joliet: 'Joliet',
  enhanced: 'ISO 9660:1999',
  udf: 'UDF',
};

function treeText({ kind, origin, rockRidge }: IsoReport['trees'][number]): string {
  const name = `${treeNames[kind] ?? kind}${rockRidge ? ' with Rock Ridge' : ''}`;
  return origin === 0 ? name : `${name} for the partition at byte ${origin}`;
}

function bootText({ platform, bootable, emulation, size, path }: BootReport): string {
  const what = path === null ? formatBytes(size) : `/${path}`;
  return `${platform} (${what}${emulation === 0 ? '' : ', emulated drive'}${bootable ? '' : ', turned off'})`;
}

function partitionsText({ mbr, gpt, apple, hfs }: Partitions): string {
  const tables = [
    ...(gpt === null
      ? []
      : [`GPT (${gpt.map(({ number, name }) => `${number} ${name}`.trim()).join(', ')})`]),
    ...(mbr === null ? [] : [`MBR (${mbr.map(({ number, type }) => `${number} ${type}`).join(', ')})`]),
    ...(apple === null ? [] : ['Apple partition map']),
    ...(hfs ? ['HFS+ volume'] : []),
  ];
  return tables.join(', ') || 'no partition table: a CD image only';
}

function secureBootText({ secureBoot, loaders }: IsoReport): string {
  if (loaders.length === 0) return 'no: it has no EFI program';
  const names = [
    ...new Set(
      loaders.map(({ path, sbat, signed }) => loaderText({ path: path.replace(/^.*\//, ''), sbat, signed })),
    ),
  ];
  return `${secureBoot ? 'yes' : 'no'}: ${names.join(', ')}`;
}

const systemText = (system: SystemReport | null): string =>
  system === null
    ? 'not Bhojpur OS'
    : `Bhojpur OS ${system.version} for ${system.arch}, kernel ${system.kernel}, ` +
      `${system.dcp === null ? 'without DCP' : `DCP ${system.dcp}`}` +
      `${system.config === null ? ', without a configuration' : ''}`;

const loaderNames: Readonly<Record<string, string>> = {
  grub: 'GRUB',
  isolinux: 'ISOLINUX',
  'systemd-boot': 'systemd-boot',
  'unified-kernel': 'a unified kernel',
};

function menuText(menu: MenuReport, columns: number): string {
  const settings = [
    loaderNames[menu.loader] ?? menu.loader,
    ...(menu.where === 'iso' ? [] : ['inside the UEFI boot image']),
    ...(menu.default === null ? [] : [`starts ${menu.default}`]),
    ...(menu.timeout === null ? [] : [`after ${menu.timeout} s`]),
    ...(menu.includedBy === null ? [] : [`part of /${menu.includedBy}`]),
  ];
  const entries = menu.entries.map(({ title, id, kernels }) => {
    const name = id === null || id === title ? title : `${title} [${id}]`;
    const lines = kernels.map((line) => wrap([line.kernel, ...line.arguments].join(' '), columns, '      '));
    return [`    ${name}\n`, ...lines.map((line) => `${line}\n`)].join('');
  });
  return reportRow('Menu', `/${menu.path}: ${settings.join(', ')}`, columns) + entries.join('');
}

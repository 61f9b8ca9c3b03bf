/** What an installation will do, in plain words, for the person who is asked to agree to it. Pure. */

import { dcpRole } from '../../../config/checks/dcp-arguments.ts';
import type { Config } from '../../../config/config.ts';
import { either, loginWays } from '../../../config/keys/login.ts';
import { describeDisk } from '../../../disk/describe.ts';
import type { DiskFacts } from '../../../disk/facts.ts';
import { stateLabel } from '../../../disk/layout/layout.ts';
import { inWords, meantFor } from '../../../disk/probe/content.ts';
import { formatBytes } from '../../../formats/size.ts';
import type { PartitionTarget } from '../../../install/partition/boot.ts';
import { describePartition } from '../../../install/partition/choose.ts';
import type { Prepared } from '../../../install/prepare.ts';
import type { InstallRequest } from '../../../install/request.ts';
import { shownUrl } from '../../../media/shown-url.ts';
import { wrap } from '../../terminal/wrap.ts';
import { warningText } from './warnings.ts';

const widest = 80;
const labelWidth = 12;
/** More partitions than these are counted. */
const listedPartitions = 5;

export function summaryText(
  { checked }: Pick<Prepared, 'checked'>,
  request: Pick<InstallRequest, 'configUrl' | 'after'>,
  columns: number,
): string {
  const { disk, varDisk, existing, manifest } = checked;
  const { config } = checked.config;
  const rows: readonly SummaryRow[] = [
    ['System', `Bhojpur OS ${manifest.os}, kernel ${manifest.kernel}, ${dcpWords(manifest.dcp)}`],
    existing === undefined ? ['Disk', diskWords(disk)] : ['Partition', describePartition(existing)],
    ['/var', varDisk && `on a disk of its own, ${diskWords(varDisk)}`],
    ['Log in', loginWords(config)],
    ['Keyboard', config['bos.keymap'] && `layout ${config['bos.keymap']}`],
    ['Host name', config.hostname ?? 'a generated one'],
    ['Network', networkWords(config)],
    ['Wireless', (config['bos.wifi'] ?? []).map(({ name }) => name).join(', ') || undefined],
    ['Cluster', manifest.dcp === null ? undefined : clusterWords(config)],
    ['Config', request.configUrl === undefined ? undefined : shownUrl(request.configUrl)],
    ['Afterwards', afterWords[request.after]],
  ];
  const width = Math.min(columns, widest);
  const lines = rowLines(rows, width);
  const warnings = warningText(checked.config.warnings, width);
  const doubts = warnings === '' ? [] : [warnings];
  if (existing !== undefined)
    return [keptWords(existing, width), '', 'This is what will be done:', '', ...lines, '', ...doubts].join(
      '\n',
    );
  const lost = [disk, ...(varDisk === undefined ? [] : [varDisk])].map((target) => lostWords(target, width));
  return [...lost, '', 'This is what will be done:', '', ...lines, '', ...doubts].join('\n');
}

/** A label, and what it stands before; undefined: nothing to say. */
export type SummaryRow = readonly [label: string, text: string | undefined];

export const rowLines = (rows: readonly SummaryRow[], width: number): string[] =>
  rows.flatMap(([label, text]) =>
    text === undefined
      ? []
      : [`  ${label.padEnd(labelWidth)}${wrap(text, width, ' '.repeat(labelWidth + 2)).trimStart()}`],
  );

const diskWords = (disk: DiskFacts) => describeDisk({ ...disk, contentSummary: '' }).replace(/: $/, '');

/** Nothing is formatted; what is changed all the same, and what is not done. */
function keptWords({ partition, places }: PartitionTarget, width: number): string {
  const kept = `Nothing is formatted. The files on ${partition.path} stay, except for an older Bhojpur OS.`;
  const label = partition.signature?.label;
  const relabelled = label === stateLabel ? [] : [`Its label becomes ${stateLabel}.`];
  const boot = places.bios.some(({ keepSector }) => keepSector === true)
    ? ['The disk will start Bhojpur OS; its boot menu has an entry for what it starts now.']
    : [];
  return [kept, ...relabelled, ...boot, ...places.manualSteps.map((what) => `Left to you: ${what}.`)]
    .map((line) => wrap(line, width))
    .join('\n');
}

/** What is on the disk now. */
export function lostWords(disk: DiskFacts, width: number): string {
  if (disk.content === 'empty') return wrap(`${disk.path} is empty: nothing will be lost.`, width);
  const listed = disk.partitions.slice(0, listedPartitions).map((partition) => {
    const { path, size, signature } = partition;
    const what =
      signature === undefined ? (meantFor(partition) ?? 'no file system') : inWords(signature.type);
    const label = signature?.label === undefined ? '' : ` "${signature.label}"`;
    return `  ${path}, ${formatBytes(size)}: ${what}${label}`;
  });
  const more = disk.partitions.length - listed.length;
  return [
    wrap(`Everything on ${disk.path} will be lost: ${disk.contentSummary}`, width),
    ...listed.map((line) => wrap(line.trimStart(), width, '  ')),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ].join('\n');
}

const afterWords: Readonly<Record<InstallRequest['after'], string | undefined>> = {
  stay: undefined,
  reboot: 'the machine restarts',
  'power-off': 'the machine powers off',
};

const networkWords = (config: Config): string | undefined =>
  (config['bos.network'] ?? [])
    .map(({ name, addresses = [] }) => [name, ...addresses].join(' '))
    .join(', ') || undefined;

const dcpWords = (dcp: string | null) => (dcp === null ? 'without DCP' : `DCP ${dcp}`);

function loginWords(config: Config): string {
  const ways = loginWays(config);
  return ways.length === 0 ? 'nobody can (as requested)' : `as bhojpur, by ${either(ways)}`;
}

function clusterWords(config: Config): string {
  const url = config['bos.server_url'];
  // A server with a URL joins the servers of a cluster, and so does one whose arguments name another server.
  if (dcpRole(config['bos.dcp_args'], url) === 'server')
    return serverWords(config['bos.dcp_args'] ?? [], url);
  return url === undefined ? 'an agent' : `an agent of ${url}`;
}

function serverWords(args: readonly string[], url: string | undefined): string {
  const joins = url !== undefined || args.some((argument) => /^(--server|-s)(=|$)/.test(argument));
  return joins ? 'a server that joins a cluster' : 'a server: a cluster of its own';
}

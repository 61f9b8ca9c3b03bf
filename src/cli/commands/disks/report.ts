/** The list of `opsctl disks` as text for people. */
import { describeDisk } from '../../../disk/describe.ts';
import type { DiskFacts } from '../../../disk/facts.ts';
import { reasonsAgainst } from '../../../disk/select/select.ts';
import { wrap } from '../../terminal/wrap.ts';

/** Lists are read on consoles of 80 columns, and no easier on wider ones. */
const widest = 80;

/** `medium` is the device that the system was started from, empty for none. */
export function disksText(disks: readonly DiskFacts[], medium: string, columns: number): string {
  const width = Math.min(columns, widest);
  const judged = disks.map((disk) => ({ disk, reasons: reasonsAgainst(disk) }));
  const offered = judged.filter(({ reasons }) => reasons.length === 0);
  const others = judged.filter(({ reasons }) => reasons.length > 0);
  return [
    headingFor(disks.length, offered.length),
    ...offered.map(({ disk }) => hanging(describeDisk(disk), '  ', width)),
    ...(others.length === 0 ? [] : ['Not offered:\n']),
    ...others.flatMap(({ disk, reasons }) => [
      hanging(describeDisk(disk), '  ', width),
      ...reasons.map((reason) => hanging(`- ${reason}`, '    ', width)),
    ]),
    ...(medium === '' ? [] : [`Started from: ${medium}\n`]),
  ].join('');
}

function headingFor(all: number, offered: number): string {
  if (all === 0) return 'No disks were found.\n';
  return offered === 0 ? 'No disk can be installed to.\n' : 'Can be installed to:\n';
}

/** Lines after the first are indented by four more. */
function hanging(text: string, indent: string, columns: number): string {
  const deeper = `${indent}    `;
  return `${indent}${wrap(text, columns, deeper).slice(deeper.length)}\n`;
}

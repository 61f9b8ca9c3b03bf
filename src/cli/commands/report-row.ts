/** Parts of reports for people. A row says what it is about, then the text, wrapped below its own beginning. */
import type { EfiLoader } from '../../image/inspect/boots.ts';
import { wrap } from '../terminal/wrap.ts';

const labelWidth = 14;

export const labelOf = (label: string): string => label.padEnd(labelWidth);

/** With its end of line. */
export function reportRow(label: string, text: string, columns: number): string {
  const indent = ' '.repeat(labelWidth + 2);
  const lines = wrap(text, columns, indent);
  return `${`  ${labelOf(label)}${lines.slice(labelWidth + 2)}`.trimEnd()}\n`;
}

/** `grubx64.efi (grub, signed)` */
export function loaderText({ path, sbat, signed }: Pick<EfiLoader, 'path' | 'sbat' | 'signed'>): string {
  const known = ['shim', 'grub', 'systemd-boot'].find((loader) => sbat.includes(loader));
  return `${path} (${known === undefined ? '' : `${known}, `}${signed ? 'signed' : 'not signed'})`;
}

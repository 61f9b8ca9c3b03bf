/** Frames as an asciicast (version 2 of asciinema's file format): after the first one only lines that changed. */
import { columns, type Frame, lines, type Row } from './screen.ts';

export interface CastOptions {
  readonly title: string;
  /** How long the last frame stays, milliseconds. */
  readonly lastMs: number;
}

export function castOf(frames: readonly Frame[], { title, lastMs }: CastOptions): string {
  const header = { version: 2, width: columns, height: lines, title, env: { TERM: 'xterm-256color' } };
  const events = frames.map((frame, index) => [frame.time / 1000, 'o', change(frames[index - 1], frame)]);
  const end = [((frames.at(-1)?.time ?? 0) + lastMs) / 1000, 'o', ''];
  return `${[header, ...events, end].map((line) => JSON.stringify(line)).join('\n')}\n`;
}

/** Control sequences of ECMA-48: cursor position, erase in line, graphic rendition. */
function change(before: Frame | undefined, frame: Frame): string {
  const text = frame.rows.map((row, index) =>
    before !== undefined && JSON.stringify(before.rows[index]) === JSON.stringify(row)
      ? ''
      : `\x1b[${index + 1};1H\x1b[K${styled(row)}`,
  );
  const { cursor } = frame;
  const place = cursor === undefined ? '\x1b[?25l' : `\x1b[${cursor.row + 1};${cursor.column + 1}H\x1b[?25h`;
  return `${before === undefined ? '\x1b[2J' : ''}${text.join('')}${place}`;
}

function styled(row: Row): string {
  return row
    .map(({ column, text, color, background, bold, dim }) => {
      const codes = [
        ...(bold ? [1] : []),
        ...(dim ? [2] : []),
        ...(color === undefined ? [] : [38, 5, color]),
        ...(background === undefined ? [] : [48, 5, background]),
      ];
      const begin = codes.length === 0 ? '' : `\x1b[${codes.join(';')}m`;
      return `\x1b[${column + 1}G${begin}${text}${codes.length === 0 ? '' : '\x1b[m'}`;
    })
    .join('');
}

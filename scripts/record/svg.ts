/**
 * Frames as one animated SVG: a strip of frames that moves behind a window, by CSS alone, so that it plays where
 * scripts do not run. Lines that occur more than once are drawn once and used again.
 */
import { columns, type Frame, lines, type Row, type Run } from './screen.ts';

export interface SvgOptions {
  readonly title: string;
  /** How long the last frame stays before all begins again, milliseconds. */
  readonly lastMs: number;
  /** The frame that is shown where nothing moves: by a person's wish, or in a program that knows no animation. */
  readonly still: number;
}

const cell = { width: 8.4, height: 18 } as const;
const padding = 12;
const width = Math.round(columns * cell.width + 2 * padding);
const height = lines * cell.height + 2 * padding;

/** The 16 colours of a terminal, on a dark ground. */
const palette = [
  ...['#1b1f24', '#ff7b72', '#56d364', '#e3b341', '#79c0ff', '#d2a8ff', '#56d4dd', '#c9d1d9'],
  ...['#8b949e', '#ffa198', '#7ee787', '#f2cc60', '#a5d6ff', '#e2c5ff', '#b3f0ff', '#f0f6fc'],
];
const ground = '#0d1117';
const ink = '#c9d1d9';
const levels = [0, 95, 135, 175, 215, 255];

export function svgOf(frames: readonly Frame[], options: SvgOptions): string {
  const total = (frames.at(-1)?.time ?? 0) + options.lastMs;
  const numbers = new Map<string, number>();
  const numberOf = (row: Row): number => {
    const key = JSON.stringify(row);
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, numbers.size);
    return numbers.size - 1;
  };
  const strip = frames.map(({ rows, cursor }, index) => {
    const used = rows.flatMap((row, line) =>
      row.length === 0 ? [] : [`<use href="#r${numberOf(row)}" y="${line * cell.height}"/>`],
    );
    const block =
      cursor === undefined
        ? ''
        : `<use href="#c" x="${round(cursor.column * cell.width)}" y="${cursor.row * cell.height}"/>`;
    return `<g transform="translate(${index * width})">${used.join('')}${block}</g>`;
  });
  const definitions = [...numbers].map(([key, number]) => `<g id="r${number}">${drawn(JSON.parse(key))}</g>`);
  const moves = frames.map(
    ({ time }, index) => `${round((time / total) * 100, 3)}%{transform:translateX(${-index * width}px)}`,
  );
  return `\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(options.title)}">
<title>${escaped(options.title)}</title>
<style>
text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:${ink};white-space:pre}
.b{font-weight:bold}.d{opacity:.6}
#s{animation:play ${round(total / 1000, 2)}s step-end infinite}
@keyframes play{${moves.join('')}}
@media (prefers-reduced-motion:reduce){#s{animation:none}}
</style>
<defs><rect id="c" width="${cell.width}" height="${cell.height}" fill="${ink}" opacity=".7"/>
${definitions.join('\n')}
</defs>
<rect width="${width}" height="${height}" rx="8" fill="${ground}"/>
<svg x="${padding}" y="${padding}" width="${width - 2 * padding}" height="${height - 2 * padding}">
<g id="s" transform="translate(${-options.still * width})">
${strip.join('\n')}
</g></svg></svg>
`;
}

function drawn(row: Row): string {
  return row.map((run) => behind(run) + letters(run)).join('');
}

function behind({ column, text, background }: Run): string {
  if (background === undefined) return '';
  const x = round(column * cell.width);
  const size = `width="${round(text.length * cell.width)}" height="${cell.height}"`;
  return `<rect x="${x}" ${size} fill="${colorOf(background)}"/>`;
}

/** `textLength` keeps columns in line whatever monospaced font there is. */
function letters({ column, text, color, bold, dim }: Run): string {
  if (text.trim() === '') return '';
  const look = `${bold ? 'b' : ''}${bold && dim ? ' ' : ''}${dim ? 'd' : ''}`;
  return [
    `<text x="${round(column * cell.width)}" y="13.5"`,
    text.length > 1 ? ` textLength="${round(text.length * cell.width)}" lengthAdjust="spacingAndGlyphs"` : '',
    look === '' ? '' : ` class="${look}"`,
    color === undefined ? '' : ` fill="${colorOf(color)}" style="fill:${colorOf(color)}"`,
    `>${escaped(text)}</text>`,
  ].join('');
}

/** Of xterm's palette: 16 colours, a cube of 6 by 6 by 6, 24 greys. */
function colorOf(color: number): string {
  if (color < 16) return palette[color] ?? ink;
  const channels =
    color >= 232
      ? [1, 1, 1].map(() => 8 + (color - 232) * 10)
      : [36, 6, 1].map((place) => levels[Math.floor((color - 16) / place) % 6] ?? 0);
  return `#${channels.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}

const round = (value: number, digits = 1): number => Number(value.toFixed(digits));

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

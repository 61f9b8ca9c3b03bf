/**
 * What the consoles of machines can show. The font of Linux's own console has the 256 glyphs of code page 437 (Linux,
 * drivers/tty/vt/cp437.uni) and draws all others as the same box; what is at the other end of a serial line nobody
 * knows. Both have a black ground on which some colours cannot be read. So whatever goes there is translated, in one
 * place for all who write. Nothing becomes wider but `…`, which whoever draws to the last column leaves room for.
 */
import { Writable } from 'node:stream';

export type ConsoleKind = 'linux' | 'serial';

/** Undefined for terminals that can show everything. systemd gives a getty on a serial line TERM=vt220. */
export function consoleKind(env: Readonly<Record<string, string | undefined>>): ConsoleKind | undefined {
  const { TERM = '' } = env;
  if (/^linux\b/.test(TERM)) return 'linux';
  return /^vt\d/.test(TERM) ? 'serial' : undefined;
}

/** Character, what Linux's console shows, what a serial line shows. */
const rows: readonly (readonly [string, string, string])[] = [
  ...[...'✔✓'].map((mark) => [mark, '√', '*'] as const),
  ...[...'✖✗✘×☒'].map((mark) => [mark, 'x', 'x'] as const),
  ...[...'◼■◻▪'].map((mark) => [mark, '■', '-'] as const),
  ...[...'❯›▶►»'].map((mark) => [mark, '>', '>'] as const),
  ...[...'◉●•∙'].map((mark) => [mark, '*', '*'] as const),
  ...[...'◯○⊘ø'].map((mark) => [mark, 'o', 'o'] as const),
  ...[...'⚠‼'].map((mark) => [mark, '!', '!'] as const),
  ...[...'↓↑←→⏎'].map((mark, index) => [mark, 'v^<><'[index] ?? '', 'v^<><'[index] ?? ''] as const),
  ...[...'–—‐‑−─'].map((mark) => [mark, '-', '-'] as const),
  ...[...'‘’′'].map((mark) => [mark, "'", "'"] as const),
  ...[...'“”„″'].map((mark) => [mark, '"', '"'] as const),
  ['…', '...', '...'],
  ['ℹ', 'i', 'i'],
  ['│', '│', '|'],
  ['√', '√', '*'],
  ['\u00a0', ' ', ' '],
];
const tables: Readonly<Record<ConsoleKind, ReadonlyMap<string, string>>> = {
  linux: new Map(rows.map(([mark, shown]) => [mark, shown])),
  serial: new Map(rows.map(([mark, , shown]) => [mark, shown])),
};

/** A pattern of dots, as spinners have them, turns as a line. */
const turning = '|/-\\';
const translated = (kind: ConsoleKind, mark: string): string => {
  const code = mark.codePointAt(0) ?? 0;
  if (code >= 0x2800 && code <= 0x28ff) return turning[dots(code) % turning.length] ?? '|';
  return tables[kind].get(mark) ?? mark;
};
/** Neighbours of the usual spinner become neighbours here. */
const spinner = [...'⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏'].map((mark) => mark.codePointAt(0) ?? 0);
const dots = (code: number): number => Math.max(0, spinner.indexOf(code));

/**
 * Select Graphic Rendition (ECMA-48, 8.3.117), with the bright colours of aixterm, 90 to 97. Dark red, blue and magenta
 * and everything faint have too little contrast on black.
 */
const readable: Readonly<Record<string, string>> = {
  2: '',
  30: '37',
  31: '91',
  34: '96',
  35: '95',
  90: '37',
};
const ESC = '\\x1b';
const rendition = new RegExp(`${ESC}\\[([\\d;]*)m`, 'g');

/** The text as this console can show it. Letters of other scripts stay: they are somebody's names. */
export function consoleText(text: string, kind: ConsoleKind): string {
  return text
    .replaceAll(/\P{ASCII}/gu, (mark) => translated(kind, mark))
    .replaceAll(rendition, (whole, list: string) => {
      const codes = list.split(';');
      // Colours by number have numbers of their own behind them.
      if (codes.includes('38') || codes.includes('48')) return whole;
      const kept = codes.map((code) => readable[code] ?? code);
      const left = kept.filter((code, index) => code !== '' || codes[index] === '');
      return left.length === 0 ? '' : `\x1b[${left.join(';')}m`;
    });
}

type Screen = Pick<NodeJS.WriteStream, 'write' | 'columns' | 'rows' | 'isTTY' | 'on'>;

/** The stream for libraries that draw by themselves: itself, or one that translates and has its size. */
export function consoleStream<S extends Screen>(
  stream: S,
  env: Readonly<Record<string, string | undefined>>,
): S | NodeJS.WriteStream {
  const kind = consoleKind(env);
  if (kind === undefined) return stream;
  const translating = new Writable({
    decodeStrings: false,
    write: (chunk, _encoding, done) => {
      stream.write(consoleText(String(chunk), kind));
      done();
    },
  });
  Object.defineProperties(translating, {
    columns: { get: () => stream.columns },
    rows: { get: () => stream.rows },
    isTTY: { get: () => stream.isTTY },
    // What pipes into it must not end it.
    _isStdio: { value: true },
  });
  stream.on('resize', () => translating.emit('resize'));
  return translating as unknown as NodeJS.WriteStream;
}

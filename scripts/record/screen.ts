/**
 * What a terminal of 80 by 24 showed, as frames: raw console output goes through a terminal emulator, and every
 * state of the screen that lasted is kept once. Both forms of a recording are made from these frames.
 */
import xterm from '@xterm/headless';

export const columns = 80;
export const lines = 24;

/** A piece of a line in one style. Colours are numbers of the 256-colour palette; undefined is the default. */
export interface Run {
  readonly column: number;
  readonly text: string;
  readonly color?: number;
  readonly background?: number;
  readonly bold: boolean;
  readonly dim: boolean;
}

export type Row = readonly Run[];

export interface Frame {
  /** Milliseconds since the start of the recording. */
  readonly time: number;
  readonly rows: readonly Row[];
  /** Undefined while the program hides it. */
  readonly cursor: { readonly column: number; readonly row: number } | undefined;
}

/** Output as it came: milliseconds and the text. */
export interface Output {
  readonly time: number;
  readonly text: string;
}

/** The frames of `outputs`, whose times are those of the result; states that lasted less than `leastMs` are left out. */
export async function framesOf(outputs: readonly Output[], leastMs: number): Promise<Frame[]> {
  const terminal = new xterm.Terminal({ cols: columns, rows: lines, scrollback: 0, allowProposedApi: true });
  let hidden = false;
  // DECTCEM, which the emulator knows and does not tell.
  terminal.parser.registerCsiHandler({ prefix: '?', final: 'l' }, (params) => {
    if (params.includes(25)) hidden = true;
    return false;
  });
  terminal.parser.registerCsiHandler({ prefix: '?', final: 'h' }, (params) => {
    if (params.includes(25)) hidden = false;
    return false;
  });
  const frames: Frame[] = [];
  for (const [index, { time, text }] of outputs.entries()) {
    await new Promise<void>((resolve) => terminal.write(text, resolve));
    // In the middle of a redraw, by the program's own word: nobody should see that.
    if (terminal.modes.synchronizedOutputMode) continue;
    const next = outputs[index + 1];
    if (next !== undefined && next.time - (frames.at(-1)?.time ?? Number.NEGATIVE_INFINITY) < leastMs)
      continue;
    const { cursorX, cursorY } = terminal.buffer.active;
    const cursor = hidden ? undefined : { column: Math.min(cursorX, columns - 1), row: cursorY };
    const frame = { time, rows: rowsOf(terminal), cursor };
    if (!sameScreen(frames.at(-1), frame)) frames.push(frame);
  }
  terminal.dispose();
  return frames;
}

const sameScreen = (a: Frame | undefined, b: Frame): boolean =>
  a !== undefined && JSON.stringify([a.rows, a.cursor]) === JSON.stringify([b.rows, b.cursor]);

function rowsOf(terminal: InstanceType<typeof xterm.Terminal>): Row[] {
  const { active } = terminal.buffer;
  return Array.from({ length: lines }, (_, row) => runsOf(active.getLine(active.viewportY + row)));
}

type Line = ReturnType<InstanceType<typeof xterm.Terminal>['buffer']['active']['getLine']>;

function runsOf(line: Line): Row {
  const runs: { -readonly [K in keyof Run]: Run[K] }[] = [];
  for (let column = 0; column < columns; column++) {
    const cell = line?.getCell(column);
    if (cell === undefined || cell.getWidth() === 0) continue;
    const text = cell.getChars() || ' ';
    const foreground = cell.isFgDefault() ? undefined : cell.getFgColor();
    const behind = cell.isBgDefault() ? undefined : cell.getBgColor();
    const inverse = cell.isInverse() !== 0;
    const color = inverse ? (behind ?? 0) : foreground;
    const background = inverse ? (foreground ?? 7) : behind;
    if (text === ' ' && background === undefined) continue;
    const style = { bold: cell.isBold() !== 0, dim: cell.isDim() !== 0 };
    const last = runs.at(-1);
    const gap = last === undefined ? -1 : column - last.column - last.text.length;
    const same =
      last !== undefined &&
      last.color === color &&
      last.background === background &&
      last.bold === style.bold &&
      last.dim === style.dim;
    // A single space between words of one style belongs to the run.
    if (same && (gap === 0 || (gap === 1 && background === undefined))) last.text += ' '.repeat(gap) + text;
    else
      runs.push({
        column,
        text,
        ...(color === undefined ? {} : { color }),
        ...(background === undefined ? {} : { background }),
        ...style,
      });
  }
  return runs;
}

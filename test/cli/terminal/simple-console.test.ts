/** What is drawn on the consoles of machines: only glyphs of their font, and colours that can be read. */
import { PassThrough } from 'node:stream';
import { confirm, password, select } from '@inquirer/prompts';
import test, { type ExecutionContext } from 'ava';
import { renderer } from '../../../src/cli/render/index.ts';
import { failureText } from '../../../src/cli/report.ts';
import { consoleKind, consoleStream, consoleText } from '../../../src/cli/terminal/simple-console.ts';
import { terminalOf } from '../../../src/cli/terminal/terminal.ts';
import { textPrompt } from '../../../src/cli/terminal/text-prompt.ts';
import { refused } from '../../../src/errors.ts';
import type { Event } from '../../../src/plan/events.ts';
import { plainText } from '../../../src/vm/transcript.ts';

/** The upper half of code page 437, as Linux maps it (drivers/tty/vt/cp437.uni). */
const upper437 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»' +
  '░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀' +
  'αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0';
const fonts = {
  linux: (mark: string) => /^[\n\x20-\x7e]$/.test(mark) || upper437.includes(mark),
  vt220: (mark: string) => /^[\n\x20-\x7e]$/.test(mark),
} as const;
const ESC = '\\x1b';
const rendition = new RegExp(`${ESC}\\[([\\d;]*)m`, 'g');
const oneKey = new RegExp(`${ESC}\\[\\w|[\\s\\S]`, 'g');
type Term = keyof typeof fonts;

/** Contrast of text on black (WCAG 2.1, 1.4.3) by the palette of the VGA; 1.5 times dark grey is not enough. */
const palette = [0x000000, 0xaa0000, 0x00aa00, 0xaa5500, 0x0000aa, 0xaa00aa, 0x00aaaa, 0xaaaaaa];
function contrast(rgb: number): number {
  const [red = 0, green = 0, blue = 0] = [16, 8, 0].map((shift) => {
    const part = ((rgb >> shift) & 0xff) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05) / 0.05;
}
const isReadable = (code: number): boolean => {
  if (code === 2) return false;
  if (code >= 30 && code <= 37) return contrast(palette[code - 30] ?? 0) >= 4;
  if (code >= 90 && code <= 97) return contrast((palette[code - 90] ?? 0) + 0x555555) >= 4;
  return true;
};

function holds(t: ExecutionContext, term: Term, drawn: string): void {
  t.not(drawn, '');
  const strange = [...plainText(drawn)].filter((mark) => !fonts[term](mark));
  t.deepEqual([...new Set(strange)], []);
  const codes = [...drawn.matchAll(rendition)].flatMap(([, list = '']) => list.split(';').map(Number));
  t.deepEqual([...new Set(codes.filter((code) => !isReadable(code)))], []);
}

/** A terminal whose text is kept. */
function screen(term: Term) {
  let drawn = '';
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 25 });
  stream.on('data', (chunk) => {
    drawn += chunk;
  });
  const env = { TERM: term };
  const terminal = terminalOf({ stdin: { isTTY: true }, stdout: stream, stderr: stream, env });
  return { stream: stream as unknown as NodeJS.WriteStream, env, terminal, drawn: () => drawn };
}

const at = 0;
const events: readonly Event[] = [
  {
    ...{ v: 1, at, type: 'plan', target: '/dev/vda' },
    steps: [
      { id: 'one', title: 'Copy the system', destructive: false },
      { id: 'two', title: `Verify ${'everything '.repeat(12)}`, destructive: false },
      { id: 'three', title: 'Mark it as valid', destructive: false },
    ],
  },
  { v: 1, at, type: 'step-start', id: 'one', title: 'Copy the system' },
  { v: 1, at, type: 'note', id: 'one', message: 'from /dev/sr0 …' },
  { v: 1, at, type: 'step-end', id: 'one', ok: true, ms: 2000 },
  { v: 1, at, type: 'step-start', id: 'two', title: 'Verify' },
  { v: 1, at, type: 'step-end', id: 'two', ok: false, ms: 1, message: 'it differs' },
] as unknown as readonly Event[];

for (const term of ['linux', 'vt220'] as const) {
  for (const kind of ['tty', 'plain'] as const)
    test.serial(`TERM=${term}: the ${kind} renderer, with steps that wait, run, end and fail`, async (t) => {
      const { terminal, drawn } = screen(term);
      const { emit, end } = renderer(kind, terminal);
      for (const event of events) {
        emit(event);
        await new Promise((resolve) => setTimeout(resolve, kind === 'tty' ? 250 : 0));
      }
      await end();
      holds(t, term, drawn());
      t.regex(plainText(drawn()), /Copy the system/);
    });

  test(`TERM=${term}: an error`, (t) => {
    const { terminal, drawn } = screen(term);
    t.true(terminal.color);
    const error = refused('x', 'linux-image-… is not there', { details: ['a — b'], hint: '‘x’ → y.' });
    terminal.err(failureText(error, terminal, { verbose: true, version: '0' }).replaceAll(/^ +at .*$/gm, ''));
    holds(t, term, drawn());
    t.regex(plainText(drawn()), /^error: linux-image-\.\.\. is not there\n {2}a - b\nhint: 'x' > y\.$/m);
  });

  const questions: Readonly<Record<string, readonly [(context: Context) => Promise<unknown>, string]>> = {
    select: [
      (context) =>
        select({ message: 'Which disk?', choices: ['a', 'b', 'c'].map((value) => ({ value })) }, context),
      '\x1b[B\n',
    ],
    input: [
      (context) => textPrompt({ message: 'Name?', default: 'node1', hint: () => 'short' }, context),
      'ab\n',
    ],
    'input that is refused': [
      (context) => textPrompt({ message: 'Name?', validate: (value) => value === 'a' || 'not a' }, context),
      'b\n\x7fa\n',
    ],
    'input that is checked for long': [
      (context) =>
        textPrompt(
          {
            message: 'Name?',
            validate: () => new Promise((resolve) => setTimeout(() => resolve(true), 1200)),
          },
          context,
        ),
      'a\n',
    ],
    password: [(context) => password({ message: 'Password?', mask: true }, context), 'secret\n'],
    confirm: [(context) => confirm({ message: 'Restart?' }, context), 'y\n'],
  };
  for (const [name, [ask, keys]] of Object.entries(questions))
    test(`TERM=${term}: a question: ${name}`, async (t) => {
      const { stream, env, drawn } = screen(term);
      const input = new PassThrough();
      const answer = ask({ input, output: consoleStream(stream, env) as NodeJS.WriteStream });
      for (const key of keys.match(oneKey) ?? []) {
        await new Promise((resolve) => setTimeout(resolve, 30));
        input.write(key);
      }
      await answer;
      holds(t, term, drawn());
      t.true(plainText(drawn()).includes('?'));
      t.false(stream.writableEnded, 'the stream is not ended with the question');
    });
}
interface Context {
  readonly input: NodeJS.ReadableStream;
  readonly output: NodeJS.WriteStream;
}

test('the marks of the libraries, one for one', (t) => {
  t.is(consoleText('✔ ✖ ◼ › ⚠ ⠋⠙⠹⠸⠼', 'linux'), String.raw`√ x ■ > ! |/-\|`);
  t.is(consoleText('✔ ✖ ◼ › ⚠ ⠋⠙⠹⠸⠼', 'serial'), String.raw`* x - > ! |/-\|`);
  t.is(consoleText('Zürich Ελλάδα 東京 🐧', 'linux'), 'Zürich Ελλάδα 東京 🐧', 'names stay');
});

test('colours that cannot be read on black', (t) => {
  const says = (text: string) => consoleText(text, 'linux');
  t.is(says('\x1b[34m?\x1b[39m'), '\x1b[96m?\x1b[39m');
  t.is(says('\x1b[2mfaint\x1b[22m'), 'faint\x1b[22m');
  t.is(says('\x1b[1;31merror\x1b[0m\x1b[m'), '\x1b[1;91merror\x1b[0m\x1b[m');
  t.is(says('\x1b[38;5;34mx'), '\x1b[38;5;34mx');
  t.is(says('\x1b[2J\x1b[34;1H'), '\x1b[2J\x1b[34;1H', 'what moves the cursor stays');
});

test('which terminals these are', (t) => {
  const kinds = [
    'linux',
    'linux-16color',
    'vt220',
    'vt102',
    'xterm-256color',
    'screen.linux',
    'dumb',
    '',
  ].map((TERM) => consoleKind({ TERM }));
  t.deepEqual(kinds, ['linux', 'linux', 'serial', 'serial', ...Array.from({ length: 4 }, () => undefined)]);
  t.is(consoleKind({}), undefined);
});

test('files, pipes and other terminals get what was written', (t) => {
  for (const [isTTY, TERM] of [
    [false, 'linux'],
    [true, 'xterm'],
  ] as const) {
    const { stream, drawn } = screen('linux');
    const output = Object.assign(stream, { isTTY });
    terminalOf({ stdin: {}, stdout: output, stderr: output, env: { TERM } }).out('✔ … \x1b[34mx');
    t.is(drawn(), '✔ … \x1b[34mx');
  }
});

/** The initrd and opsctl make the same of a kernel command line: of each case in the table, and of lines at random. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { parseCommandLine } from '../../../src/config/command-line/command-line.ts';
import {
  countBeforeInit,
  kernelWord,
  splitKernelArguments,
} from '../../../src/config/command-line/kernel-arguments.ts';
import { merge } from '../../../src/config/sources/merge.ts';
import { temporaryFolder } from '../../formats/support.ts';
import { isLongRun, runs } from '../../properties.ts';
import { type BootArguments, commandLineCases } from './cases.ts';

const library = fileURLToPath(new URL('../../../os/initrd/lib/command-line.sh', import.meta.url));

interface Reading {
  readonly words: readonly string[];
  readonly read: BootArguments;
}

/** Before each value, so that nothing in one can be taken for the next. */
const mark = '\u0001';
const script = `. ${library}
said() { for value; do printf '${mark}%s' "$value"; done; }
for file in [0-9]*; do
  ( read_command_line "$file"
    said "$MODE" "$FALLBACK" "$STATE_UUID" "$LIMIT" "$ARRAYS" "$VOLUME" "$WANT_OS" "$WANT_DCP" "$INSTALL_TTY" "$SILENT" "$ALWAYS" "$TRY" "$TRY_LIMIT" "$(kernel_arguments "$file" | sed 's/$/|/')"
    printf '\\0' )
done`;

type Shell = readonly [name: string, command: readonly string[], busyboxAlone: boolean];
const shells: readonly [Shell, Shell] = [
  ['busybox', ['busybox', 'sh'], true],
  ['dash', ['dash'], false],
];

/** What the initrd makes of the lines, in `command`; with no other programs than those of busybox, if asked for. */
function byInitrd(
  t: ExecutionContext,
  lines: readonly string[],
  [, [shell = '', ...rest], busyboxAlone]: Shell,
): Reading[] {
  const folder = temporaryFolder(t);
  const programs = join(folder, 'bin');
  mkdirSync(programs);
  if (busyboxAlone) execFileSync('busybox', ['--install', '-s', programs]);
  lines.forEach((line, index) => {
    writeFileSync(join(folder, String(index).padStart(6, '0')), `${line}\n`);
  });
  const output = execFileSync(shell, [...rest, '-c', script], {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
    env: { PATH: busyboxAlone ? programs : '/usr/bin:/bin', LC_ALL: 'C.UTF-8' },
  });
  return output
    .split('\0')
    .slice(0, -1)
    .map((record) => {
      const [, ...values] = record.split(mark);
      const [
        mode,
        fallback,
        state,
        limit,
        md,
        lv,
        os,
        dcp,
        tty,
        silent,
        always,
        trial,
        tryLimit,
        words = '',
      ] = values;
      return {
        words: words === '' ? [] : words.slice(0, -1).split('|\n'),
        read: {
          mode,
          fallback,
          state,
          wait: Number(limit),
          md,
          lv,
          os,
          dcp,
          tty,
          silent,
          always,
          try: trial,
          tryLimit: Number(tryLimit),
        },
      } as unknown as Reading;
    });
}

function byOpsctl(line: string): Reading & { readonly faulty: readonly string[] } {
  const text = `${line}\n`;
  const found = splitKernelArguments(line);
  const { layer, diagnostics } = parseCommandLine(text);
  const { config } = merge([layer]);
  return {
    words: found
      .slice(0, countBeforeInit(found))
      .filter(({ openQuote }) => openQuote === undefined)
      .map(kernelWord),
    faulty: diagnostics.filter(({ severity }) => severity === 'error').map(({ key }) => key ?? ''),
    read: inShell({
      ...(config['bos.mode'] && { mode: config['bos.mode'] }),
      ...(config['bos.fallback_mode'] && { fallback: config['bos.fallback_mode'] }),
      ...(config['bos.state'] && { state: config['bos.state'] }),
      ...(config['bos.state_wait'] && { wait: Number(config['bos.state_wait']) }),
      ...(config['bos.md'] && { md: config['bos.md'] }),
      ...(config['bos.lv'] && { lv: config['bos.lv'] }),
      ...(config['bos.os'] && { os: config['bos.os'] }),
      ...(config['bos.dcp'] && { dcp: config['bos.dcp'] }),
      ...(config['bos.upgrade.try'] && { try: config['bos.upgrade.try'] }),
      ...(config['bos.upgrade.limit'] && { tryLimit: Number(config['bos.upgrade.limit']) }),
      ...(config['bos.install.tty'] && { tty: config['bos.install.tty'] }),
      ...(config['bos.install.silent'] && { silent: true }),
      ...(config['bos.install.always'] && { always: true }),
    }),
  };
}

/** As the variables of the initrd have it: what is not said is empty, and 60 seconds. */
function inShell(read: BootArguments): BootArguments {
  const unset = { mode: '', fallback: '', state: '', wait: 60, md: '', lv: '', os: '', dcp: '', tty: '' };
  const trial = { try: '', tryLimit: 600 };
  const flags = { silent: read.silent ? '1' : '', always: read.always ? '1' : '' };
  return { ...unset, ...trial, ...read, ...flags } as unknown as BootArguments;
}

const wordsOf = (line: string): string[] => line.split(/[ \t\f\r]+/).filter((word) => word !== '');

test('opsctl reads every case as the table says', (t) => {
  for (const { title, line, words, read, faulty = [] } of commandLineCases) {
    const said = byOpsctl(line);
    t.deepEqual(said.read, inShell(read), title);
    t.deepEqual(said.words, [...(words ?? wordsOf(line))], title);
    t.deepEqual(said.faulty, [...faulty], title);
  }
});

/** busybox has it in the initrd; dash is stricter, and takes as long again. */
for (const shell of isLongRun ? shells : shells.slice(0, 1))
  test(`the initrd reads every case as the table says, in ${shell[0]}`, (t) => {
    const lines = commandLineCases.map(({ line }) => line);
    const said = byInitrd(t, lines, shell);
    t.is(said.length, lines.length);
    commandLineCases.forEach(({ title, line, words, read }, index) => {
      t.deepEqual(said[index]?.read, inShell(read), title);
      t.deepEqual(said[index]?.words, [...(words ?? wordsOf(line))], title);
    });
  });

const piece = fc.constantFrom(
  ...[
    'bos.mode=',
    'live',
    'bos.os=',
    'bos.install.silent',
    'bos.install.always=',
    'true',
    'false',
    'bos.state_wait=',
  ],
  ...[
    '7',
    '0',
    '"',
    '"',
    ' ',
    ' ',
    '\t',
    '=',
    '--',
    "'",
    '\\',
    '\\x2e',
    '\\\\x2e',
    '$x',
    '*',
    'é',
    'root=/dev/vda',
  ],
);
const anyLine = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));

test('of lines at random both make the same', (t) => {
  const [busybox] = shells;
  const count = runs(100);
  fc.assert(
    fc.property(fc.array(anyLine, { minLength: count, maxLength: count }), (lines) => {
      const said = byInitrd(t, lines, busybox);
      lines.forEach((line, index) => {
        const { words, read, faulty } = byOpsctl(line);
        t.deepEqual(said[index]?.words, [...words], line);
        // A mode that is not one ends in the rescue shell, which names it; opsctl reports it.
        const mode = faulty.includes('bos.mode') ? said[index]?.read.mode : read.mode;
        t.deepEqual(said[index]?.read, { ...read, mode } as BootArguments, line);
      });
    }),
    // Many lines in one run: a shell for each would take long. A failure names its line.
    { numRuns: 1, endOnFailure: true },
  );
});

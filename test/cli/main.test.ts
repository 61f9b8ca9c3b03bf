/** The process: its streams, signals and end. */
import { spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { execaSync } from 'execa';
import { stopSignal } from '../../src/cli/terminal/signals.ts';
import { type TerminalStream, terminalOf } from '../../src/cli/terminal/terminal.ts';

const root = join(import.meta.dirname, '../..');
const opsctl = join(root, 'bin/opsctl');

interface Where {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
}
/** A program to its end, whatever its exit code; its output to the last byte. */
const ran = (program: string, args: readonly string[], options: Where = {}) =>
  execaSync(program, args, { ...options, reject: false, stripFinalNewline: false });

test('exit code, stdout and stderr of the process', (t) => {
  const good = ran(opsctl, ['--version']);
  t.is(good.exitCode, 0);
  t.regex(good.stdout, /^\d+\.\d+\.\d+/);
  t.is(good.stderr, '');
  const bad = ran(opsctl, ['frobnicate'], { env: { FORCE_COLOR: '1' } });
  t.is(bad.exitCode, 2);
  t.is(bad.stdout, '');
  t.is(bad.stderr, "error: Unknown command 'frobnicate'\nhint: See 'opsctl --help'.\n");
});

test('opsutl is the same program, from any folder', (t) => {
  const { exitCode, stdout } = ran(join(root, 'bin/opsutl'), ['-V'], { cwd: '/' });
  t.is(exitCode, 0);
  t.regex(stdout, /^\d+\.\d+\.\d+/);
});

test('without npm ci the launcher says what to do', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'checkout-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, 'bin'));
  copyFileSync(opsctl, join(folder, 'bin/opsctl'));
  const { exitCode, stderr } = ran(join(folder, 'bin/opsctl'), ['facts']);
  t.is(exitCode, 3);
  t.regex(stderr, /hint: run 'npm ci'/);
});

const full = test.macro<string[]>({
  exec: (t, ...args) => {
    const { exitCode, stderr } = ran('sh', ['-c', '"$0" "$@" > /dev/full', opsctl, ...args]);
    t.is(exitCode, 3);
    t.is(
      stderr.replaceAll('\n', ' '),
      'error: Not all of the output could be written to stdout: no space is left on the disk ' +
        'hint: Free some space there, or choose another place. ',
    );
  },
  title: (_, ...args) => `a full disk does not take the output of opsctl ${args.join(' ')}`,
});
for (const line of ['--version', '--help', 'install --help', 'help pack init', 'config schema', 'man'])
  test(full, ...line.split(' '));

const isoLost = test.macro({
  exec: (t, script: string, said: RegExp) => {
    const folder = mkdtempSync(join(tmpdir(), 'iso-'));
    t.teardown(() => rmSync(folder, { recursive: true }));
    const iso = join(folder, 'some.iso');
    writeFileSync(join(folder, 'file'), Buffer.alloc(2 ** 20));
    execaSync('xorriso', ['-as', 'mkisofs', '-quiet', '-o', iso, join(folder, 'file')]);
    const line = [opsctl, 'iso', 'remaster', iso, '--add', `${folder}/file:/new`, '-o', '-'];
    const { stdout, stderr } = ran('bash', ['-c', script, ...line]);
    t.is(stdout, '3\n', stderr);
    t.regex(stderr.replaceAll(/\s+/g, ' '), said);
  },
  title: (where = '') => `an ISO to stdout is lost: ${where}`,
});
test(
  'a full disk',
  isoLost,
  '"$0" "$@" > /dev/full; echo $?',
  /^error: Not all of the output could be written/,
);
test(
  'a reader that goes away',
  isoLost,
  '"$0" "$@" | head -c 100 > /dev/null; echo ${PIPESTATUS[0]}',
  /^error: The reader of stdout ended before it had all of the ISO/,
);

test('a reader that goes away is no error', async (t) => {
  const child = spawn(opsctl, ['man'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  t.is(stderr, '');
  t.is(code, 0);
});

test('the first signal aborts, the second ends the process with 130', (t) => {
  const source = new EventEmitter();
  const exits: number[] = [];
  const signal = stopSignal(source, (code) => exits.push(code));
  t.false(signal.aborted);
  source.emit('SIGTERM');
  t.true(signal.aborted);
  t.deepEqual(exits, []);
  source.emit('SIGINT');
  t.deepEqual(exits, [130]);
});

class FakeStream extends EventEmitter implements TerminalStream {
  readonly isTTY: boolean;
  readonly columns: number;
  written = '';

  constructor(isTTY: boolean, columns: number) {
    super();
    this.isTTY = isTTY;
    this.columns = columns;
  }

  write(text: string): void {
    this.written += text;
  }
}

const source = (stdout: FakeStream, stderr: FakeStream, env: Record<string, string> = {}) => ({
  stdin: {},
  stdout,
  stderr,
  env,
});
const tty = (columns = 100) => new FakeStream(true, columns);
const pipe = () => new FakeStream(false, 0);

const colours = test.macro({
  exec: (t, stdout: FakeStream, stderr: FakeStream, env: Record<string, string>, color: boolean) => {
    t.is(terminalOf(source(stdout, stderr, env)).color, color);
  },
  title: (name = '') => `colour: ${name}`,
});
test('on a terminal', colours, tty(), tty(), { TERM: 'xterm' }, true);
test('with NO_COLOR', colours, tty(), tty(), { NO_COLOR: '1' }, false);
test('with an empty NO_COLOR', colours, tty(), tty(), { NO_COLOR: '' }, true);
test('on a dumb terminal', colours, tty(), tty(), { TERM: 'dumb' }, false);
test('into a pipe', colours, pipe(), tty(), {}, false);
test('with messages into a pipe', colours, tty(), pipe(), {}, false);

test('columns: those of stdout, of stderr, else 80', (t) => {
  t.is(terminalOf(source(tty(120), tty(100))).columns, 120);
  t.is(terminalOf(source(pipe(), tty(100))).columns, 100);
  t.is(terminalOf(source(tty(0), tty(0))).columns, 80, 'a serial console says 0');
});

test('nothing is written to a reader that has gone, which is no fault; a full disk is one', (t) => {
  const [stdout, stderr] = [pipe(), pipe()];
  const terminal = terminalOf(source(stdout, stderr));
  terminal.out('one');
  stdout.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
  terminal.out('two');
  terminal.err('three');
  t.is(stdout.written, 'one');
  t.is(stderr.written, 'three');
  t.is(terminal.outFault?.(), undefined);
  const full = Object.assign(new Error('full'), { code: 'ENOSPC' });
  stderr.emit('error', full);
  t.is(terminal.outFault?.(), undefined, 'a log that is cut off stops nothing');
  stdout.emit('error', full);
  t.is(terminal.outFault?.(), full);
});

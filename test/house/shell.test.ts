/** Every shell script of the project, and the one that the initrd is joined to, without a note of shellcheck. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { readBoardScripts, readInit } from '../../src/build/stages/join-init.ts';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const read = (path: string): string => readFileSync(`${root}/${path}`, 'utf8');

/** By the first line, also before the file is committed; files that are only sourced have none and end in .sh. */
const scripts = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
  maxBuffer: 1 << 26,
})
  .split('\0')
  .filter((path) => path !== '' && isShell(path));

function isShell(path: string): boolean {
  if (path.endsWith('.sh')) return true;
  try {
    return /^#!.*[/ ](ba|da|a)?sh\b/.test(read(path));
  } catch {
    // Deleted and not committed yet, or a link to a folder.
    return false;
  }
}

interface Note {
  readonly file: string;
  readonly line: number;
  readonly code: number;
  readonly message: string;
}

/**
 * What had no note has none as long as nothing of this is another: the scripts, what they take in, the settings, and
 * shellcheck itself. It takes seconds, and is asked for with each run of the tests.
 */
function markOf(args: readonly string[], input: string): string {
  const version = execFileSync('shellcheck', ['--version'], { encoding: 'utf8' });
  const settings = ['os/initrd/.shellcheckrc', 'os/board/.shellcheckrc'];
  const texts = [...scripts, ...settings].map((path) => [path, read(path)]);
  const key = JSON.stringify([version, args, input, texts]);
  return `${root}/node_modules/.cache/shellcheck/${createHash('sha256').update(key).digest('hex')}`;
}

/** What shellcheck says, a note a line. */
function notes(args: readonly string[], input = ''): string[] {
  const mark = markOf(args, input);
  if (existsSync(mark)) return [];
  try {
    execFileSync('shellcheck', ['--format=json1', ...args], { cwd: root, input, encoding: 'utf8' });
    mkdirSync(dirname(mark), { recursive: true });
    writeFileSync(mark, '');
    return [];
  } catch (error) {
    const { status, stdout } = error as { status?: number; stdout?: string };
    if (status !== 1 || stdout === undefined) throw error;
    const { comments } = JSON.parse(stdout) as { comments: Note[] };
    return comments.map(({ file, line, code, message }) => `${file}:${line}: SC${code}: ${message}`);
  }
}

test('the scripts are found', (t) => {
  for (const path of [
    '.ci/run',
    'bin/opsctl',
    'install/install.sh',
    'os/customize.sh',
    'os/keymaps.sh',
    'os/initrd/init',
    'os/initrd/lib/places.sh',
    'os/overlay/usr/lib/bhojpur/resolv-fallback',
  ])
    t.true(scripts.includes(path), path);
});

test('shellcheck has nothing to say', (t) => {
  t.deepEqual(notes(scripts), []);
});

/** Without the settings of os/initrd: here a variable that nothing reads is a mistake. */
test('nor of the script that the initrd runs', async (t) => {
  t.deepEqual(notes(['--norc', '--shell=dash', '-'], await readInit(async (path) => read(path))), []);
});

/** Its pieces are those of the initrd, which set more than a board needs. */
test('nor of those that a board runs', async (t) => {
  const { start } = await readBoardScripts(async (path) => read(path));
  t.deepEqual(notes(['--norc', '--shell=dash', '--exclude=SC2034,SC2317', '-'], start), []);
});

test('a note that is switched off has its reason there', (t) => {
  const silenced = [...scripts, 'os/initrd/.shellcheckrc', 'os/board/.shellcheckrc'].flatMap((path) => {
    const lines = read(path).split('\n');
    return lines.flatMap((line, index) => {
      if (!/^\s*(#\s*shellcheck\s+)?disable=/.test(line)) return [];
      const reason = /disable=\S+\s+# \S/.test(line) || /^\s*# (?!shellcheck)\S/.test(lines[index - 1] ?? '');
      return [{ place: `${path}:${index + 1}`, reason }];
    });
  });
  t.deepEqual(
    silenced.filter(({ reason }) => !reason).map(({ place }) => place),
    [],
  );
  t.true(silenced.length <= 7, 'few notes are switched off');
});

/** What the operating system says of a path that a person named is told as a refusal, and a bug stays a bug. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test from 'ava';
import { isoCommand } from '../../src/cli/commands/iso/command.ts';
import { pxeCommand } from '../../src/cli/commands/pxe/command.ts';
import { withoutSystemErrors } from '../../src/cli/system-error.ts';
import { OpsError } from '../../src/errors.ts';
import { linuxHost } from '../../src/host/linux/index.ts';
import { makeOurs, newFoldersIn } from '../iso/media.ts';
import { runProgram } from './commands/install/fake-world.ts';

const folder = mkdtempSync(join(tmpdir(), 'bos-test-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));
const ours = makeOurs(newFoldersIn(folder)('ours'));
writeFileSync(join(folder, 'file'), '');
symlinkSync('/nowhere/x', join(folder, 'dangling'));
symlinkSync('circle', join(folder, 'circle'));

const refuses = test.macro({
  title: (_, argv: readonly string[], place: string) => `${argv.join(' ')}: ${place.slice(0, 20)}`,
  exec: async (t, argv: readonly string[], place: string, expected: RegExp) => {
    const path = join(folder, place);
    const { exitCode, err } = await runProgram(
      argv.map((word) => (word === 'PATH' ? path : word === 'ISO' ? ours : word)),
      { commands: [pxeCommand, isoCommand], host: linuxHost() },
    );
    const said = err.replaceAll(/\s+/g, ' ');
    t.regex(said, expected);
    t.true(said.includes(path) || said.includes(dirname(path)), said);
    t.notRegex(said, /\bE[A-Z]{3,}\b|bug in opsctl|could not be removed/);
    t.true([2, 3, 4].includes(exitCode), `${exitCode}`);
  },
});
const kit = ['pxe', 'kit', 'PATH', '--from', 'ISO'];
test(refuses, kit, `${'../'.repeat(20)}proc/nothing`, /cannot be made/);
test(refuses, kit, 'file', /not a folder/);
test(refuses, kit, 'file/below', /not a folder/);
test(refuses, kit, 'dangling', /already exists/);
test(refuses, kit, 'circle/below', /circle/);
test(refuses, kit, 'x'.repeat(300), /name is too long/);
const remaster = ['iso', 'remaster', 'ISO', '--append-karg', 'a=1', '-o', 'PATH'];
test(refuses, remaster, 'file/x.iso', /not a folder/);
test(refuses, remaster, 'dangling/x.iso', /does not exist/);
test(refuses, remaster, 'circle/x.iso', /circle/);
test(refuses, remaster, `${'x'.repeat(300)}.iso`, /name is too long/);
test(refuses, ['iso', 'inspect', 'PATH'], '.', /folder/);
test(refuses, ['iso', 'inspect', 'PATH'], 'file/x', /not a folder/);
test(refuses, ['iso', 'inspect', 'PATH'], 'circle', /circle/);
test(refuses, ['iso', 'verify', 'PATH'], 'dangling', /does not exist/);

const systemError = (code: string, more: Partial<NodeJS.ErrnoException> = {}) =>
  Object.assign(new Error(`${code}: told by the system`), { code, ...more });
const told = (error: unknown, ...argv: string[]) => {
  const found = withoutSystemErrors(error, argv, '/home/me');
  return found instanceof OpsError ? `${found.kind} ${found.code}: ${found.message}` : 'a bug';
};

for (const [what, error, argv, expected] of [
  [
    'no permission',
    { code: 'EACCES', path: '/srv/a', syscall: 'mkdir' },
    ['/srv/a'],
    'refused path-eacces: /srv/a cannot be made: permission denied',
  ],
  [
    'a full disk, no path',
    { code: 'ENOSPC', syscall: 'write' },
    [],
    'refused path-enospc: A file cannot be written: no space is left on the disk',
  ],
  [
    'missing, named',
    { code: 'ENOENT', path: '/home/me/a/b', syscall: 'open' },
    ['--output=a'],
    'refused path-enoent: /home/me/a/b cannot be opened: it does not exist, or a link on the way leads nowhere',
  ],
  [
    'missing, named with more',
    { code: 'ENOENT', path: 'a/b', syscall: 'open' },
    ['--disk', 'a/b:8G'],
    'refused path-enoent: a/b cannot be opened: it does not exist, or a link on the way leads nowhere',
  ],
  [
    'missing, a partial file beside it',
    { code: 'ENOENT', path: '/b/.x.iso.12.tmp', syscall: 'open' },
    ['/b/x.iso'],
    'refused path-enoent: /b/.x.iso.12.tmp cannot be opened: it does not exist, or a link on the way leads nowhere',
  ],
  [
    'missing, chosen by the program',
    { code: 'ENOENT', path: '/usr/lib/bhojpur/x', syscall: 'open' },
    ['/b'],
    'a bug',
  ],
  [
    'a program that does not start',
    { code: 'EACCES', path: 'qemu', syscall: 'spawn qemu' },
    ['qemu'],
    'a bug',
  ],
  ['a code of a library', { code: 'ERR_ASSERTION' }, [], 'a bug'],
] as const)
  test(`told as it is: ${what}`, (t) => {
    t.is(told(systemError(error.code, error), ...argv), expected);
  });

test('what is no error of the system stays as it is', (t) => {
  const errors = [new TypeError('x'), 'text', new OpsError('broken', 'a', 'A')];
  t.deepEqual(
    errors.map((error) => withoutSystemErrors(error, [], '/')),
    errors,
  );
});

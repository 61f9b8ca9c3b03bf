/** `opsctl iso remaster` as a person meets it: what it prints, where, and the exit code. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { isoCommand } from '../../../../src/cli/commands/iso/command.ts';
import { temporaryFolder } from '../../../formats/support.ts';
import { byXorriso, digestOf, host, imageBy } from '../../../iso/edit/edit-support.ts';
import { runProgram } from '../install/fake-world.ts';

const remaster = (iso: string, ...argv: string[]) =>
  runProgram(['iso', 'remaster', iso, ...argv], {
    ...{ commands: [isoCommand], host, terminal: { stdoutIsTty: true } },
  });

const image = (t: ExecutionContext) => imageBy(t, 'genisoimage', 3);

test('what was done, then undone', async (t) => {
  const iso = image(t);
  const before = digestOf(iso);
  const config = join(temporaryFolder(t), 'config.yaml');
  writeFileSync(config, 'hostname: a\n');
  const { exitCode, out, err } = await remaster(
    iso,
    '--append-karg',
    'a',
    '--config',
    config,
    '--volid',
    'NEW',
  );
  t.is(err, '');
  t.is(exitCode, 0);
  t.regex(out, /^Rewrote \d+ bytes of \S+ in place \(padding\)\.\n {2}3 files change together; /);
  for (const line of [
    ...['  /bos/system/config.yaml: written', '  /boot/grub/grub.cfg: written'],
    ...['  volume name: NEW', 'note: 2 kernel lines were changed.'],
  ])
    t.true(out.split('\n').includes(line), `${line}\n${out}`);
  t.deepEqual(await remaster(iso, '--undo'), { exitCode: 0, out: `${iso} is restored.\n`, err: '' });
  t.is(digestOf(iso), before);
});

test('a dry run says so and changes nothing', async (t) => {
  const iso = image(t);
  const before = digestOf(iso);
  const { out } = await remaster(iso, '--append-karg', 'a', '--dry-run');
  t.regex(out, /Dry run: would rewrite \d+ bytes of .* in place \(padding\)/);
  t.is(digestOf(iso), before);
});

test('a menu of its own, in a new file', async (t) => {
  const iso = image(t);
  const before = digestOf(iso);
  const folder = temporaryFolder(t);
  const [menu, output] = [join(folder, 'my.cfg'), join(folder, 'new.iso')];
  writeFileSync(menu, 'menuentry Mine {\n  linux /vmlinuz mine\n}\n');
  const { exitCode, out } = await remaster(iso, '--grub-cfg', menu, '-o', output);
  t.is(exitCode, 0);
  t.true(out.startsWith(`Wrote ${output} (`), out);
  t.deepEqual(byXorriso(t, output, 'boot/grub/grub.cfg'), readFileSync(menu));
  t.is(digestOf(iso), before);
});

test('as JSON', async (t) => {
  const iso = image(t);
  const { out } = await remaster(iso, '--volid', 'NEW', '--json');
  const { v, method, oldSize, newSize } = JSON.parse(out);
  t.deepEqual({ v, method, grown: newSize - oldSize }, { v: 1, method: 'same-room', grown: 0 });
});

const refused = test.macro({
  exec: async (t, argv: (iso: string) => string[], exitCode: number, words: RegExp) => {
    const iso = image(t);
    const before = digestOf(iso);
    const result = await remaster(iso, ...argv(iso));
    t.is(result.exitCode, exitCode);
    t.is(result.out, '');
    t.regex(result.err.replaceAll(/\s+/g, ' '), words);
    t.is(digestOf(iso), before);
  },
  title: (name = '') => `refused: ${name}`,
});
test('nothing to do', refused, () => [], 2, /No changes were given/);
test(
  'undo and a change',
  refused,
  () => ['--undo', '--append-karg', 'a'],
  2,
  /--undo cannot be combined with other changes/,
);
test('an ISO onto a terminal', refused, () => ['-o', '-', '--append-karg', 'a'], 3, /to a terminal/);
test('a way that is none', refused, () => ['--method', 'magic', '--append-karg', 'a'], 2, /Allowed choices/);
test('a letter beyond ASCII', refused, () => ['--append-karg', 'a=ü'], 2, /GRUB cannot pass .* unchanged/);
test('the same name', refused, (iso) => ['-o', iso, '--append-karg', 'a'], 3, /exists .*Leave -o out/);

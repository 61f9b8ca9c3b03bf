/** The files of grub/: the bundle has the texts of the checkout, and each is filled in or refused. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { build } from 'esbuild';
import { grubTexts } from '../../../scripts/bundle/grub-texts.ts';
import { grubFile, grubFiles } from '../../../src/boot/menus/grub-files.ts';
import { renderGrub } from '../../../src/boot/menus/grub-template.ts';
import { workstationHost } from '../../../src/host/workstation/index.ts';

const { files, processes } = workstationHost();
const root = join(import.meta.dirname, '../../..');

test('every file is named in the code, and begins with a line for readers', (t) => {
  const names = globSync('*', { cwd: join(root, 'grub') }).map((name) => name.replace(/\.cfg$/, ''));
  t.deepEqual([...grubFiles].toSorted(), names.toSorted());
  for (const name of grubFiles) t.regex(grubFile(name), /^## [A-Z].*\n/);
});

test('a bundle has the same texts, and reads no file', async (t) => {
  const { outputFiles } = await build({
    ...{ absWorkingDir: root, entryPoints: ['src/boot/menus/grub-files.ts'] },
    ...{ bundle: true, format: 'cjs', platform: 'node', write: false, plugins: [grubTexts(root)] },
  });
  const code = outputFiles[0]?.text ?? '';
  t.false(/require\(|node:fs/.test(code));
  const module: { exports: { grubFile?: typeof grubFile } } = { exports: {} };
  new Function('module', 'exports', code)(module, module.exports);
  for (const name of grubFiles) {
    t.is(module.exports.grubFile?.(name), grubFile(name));
    t.is(grubFile(name), readFileSync(join(root, `grub/${name}.cfg`), 'utf8'));
  }
});

test('a value for each placeholder, and a placeholder for each value', (t) => {
  const values = { TITLE: "'@ID@ $1'", ID: 'live', KERNEL: '/k', ARGUMENTS: 'a b', INITRD: '/i' };
  const entry = renderGrub('medium-entry', values);
  t.regex(entry, /^\nmenuentry '@ID@ \$1' --id live \{\n/, 'what is put in stays as it is');
  t.regex(entry, /\n {2}linux \/k a b\n(.*\n)* {2}initrd \/i\n(.*\n)*\}\n$/);
  const { INITRD: _, ...less } = values;
  t.throws(() => renderGrub('medium-entry', less), { message: /nothing was given for @INITRD@/ });
  t.throws(() => renderGrub('medium-entry', { ...values, MORE: '' }), { message: /has no MORE/ });
  t.is(renderGrub('search-core', { STUB: 'a' }).split('\n').length, 4, 'lines for readers are left out');
});

for (const name of ['medium-entry', 'disk-entry', 'network'] as const)
  test(`${name}.cfg: a line before each thing that takes a while`, (t) => {
    const lines = grubFile(name)
      .split('\n')
      .map((line) => line.trim());
    for (const command of ['linux', 'initrd']) {
      const place = lines.findIndex((line) => line.startsWith(`${command} `));
      t.regex(lines[place - 1] ?? '', /^echo 'Bhojpur OS: (loading|fetching) the [\w ,]+ \.\.\.'$/);
    }
    const end = lines.findLastIndex((line) => line.startsWith('echo '));
    t.true(end > lines.findIndex((line) => line.startsWith('initrd ')), 'and before the kernel starts');
  });

for (const name of grubFiles)
  test(`${name}.cfg, filled in: GRUB's own checker accepts it, it loads no module and is plain ASCII`, async (t) => {
    const lines = [...grubFile(name).matchAll(/^@([A-Z_]+)@$/gm)].map(([, key]) => [key, 'echo lines\n']);
    const pieces = [...grubFile(name).matchAll(/@([A-Z_]+)@/g)].map(([, key]) => [key, 'piece']);
    const text = renderGrub(name, Object.fromEntries([...pieces, ...lines]));
    t.notRegex(text, /\binsmod\b|@/);
    t.regex(text, /^[\x20-\x7e\n]*\n$/);
    const folder = await files.makeTempDir('bos-grub-');
    t.teardown(() => files.remove(folder));
    await files.write(join(folder, name), text);
    await t.notThrowsAsync(processes.run('grub-script-check', [join(folder, name)]));
  });

/** The direction of imports, held over the real tree, and proof that each rule catches what it forbids. */
import test from 'ava';
import { cycles, forbiddenImports, importsOf, orphans, type SourceFile } from './import-rules.ts';
import { projectFiles } from './project-files.ts';

const sources: SourceFile[] = projectFiles('src/**/*.ts', 'scripts/**/*.ts', 'bench/**/*.ts').map(
  ({ path, text }) => ({ path, imports: importsOf(text) }),
);
const src = sources.filter(({ path }) => path.startsWith('src/'));

test('the tree was read', (t) => {
  const run = src.find(({ path }) => path === 'src/cli/run.ts');
  t.true(run?.imports.some(({ from, typeOnly }) => from === 'commander' && !typeOnly));
  t.true(src.length > 20);
});

test('imports point one way', (t) => {
  t.deepEqual(forbiddenImports(src), []);
});

test('no cycles', (t) => {
  t.deepEqual(cycles(src), []);
});

test('no orphans', (t) => {
  const entries = sources.map(({ path }) => path).filter((path) => !path.startsWith('src/'));
  t.deepEqual(orphans(sources, ['src/cli/main.ts', 'src/cli/phases-main.ts', ...entries]), []);
});

const file = (path: string, ...texts: string[]): SourceFile => ({
  path,
  imports: importsOf(texts.join('\n')),
});

const caught = test.macro({
  exec: (t, row: SourceFile, why: RegExp) => {
    const [first, ...rest] = forbiddenImports([row]);
    t.regex(first ?? '', why);
    t.deepEqual(rest, []);
  },
  title: (name = '') => `caught: ${name}`,
});

test(
  'upwards',
  caught,
  file('src/formats/gpt.ts', `import { x } from '../disk/layout.ts';`),
  /cli towards formats/,
);
test(
  'upwards, type only',
  caught,
  file('src/plan/plan.ts', `import type { X } from '../steps/index.ts';`),
  /cli towards formats/,
);
test(
  'upwards, re-exported',
  caught,
  file('src/steps/a.ts', `export * from '../vm/b.ts';`),
  /cli towards formats/,
);
test(
  'upwards, over several lines',
  caught,
  file('src/disk/a.ts', `import {\n  one,\n  two,\n} from '../plan/plan.ts';`),
  /cli towards formats/,
);
test('files', caught, file('src/vm/a.ts', `import { readFileSync } from 'node:fs';`), /touches the machine/);
test(
  'files, without node:',
  caught,
  file('src/cli/a.ts', `import fs from 'fs/promises';`),
  /touches the machine/,
);
test('files, later', caught, file('src/cli/a.ts', `await import('node:fs');`), /touches the machine/);
test('processes', caught, file('src/host/digest.ts', `import { got } from 'got';`), /touches the machine/);
test(
  'prompts',
  caught,
  file('src/install/a.ts', `import { x } from '@inquirer/prompts';`),
  /talks to a person/,
);
test('listr2', caught, file('src/plan/a.ts', `import type { Listr } from 'listr2';`), /talks to a person/);
test(
  'the real host',
  caught,
  file('src/vm/a.ts', `import { linuxHost } from '../host/linux/index.ts';`),
  /constructs the real host/,
);
test('outside', caught, file('src/vm/a.ts', `import { x } from '../../test/a.ts';`), /outside src/);
test(
  'grub/, elsewhere',
  caught,
  file('src/boot/a.ts', `import { readFileSync } from 'node:fs';`),
  /touches the machine/,
);
test('a new folder', caught, file('src/misc/a.ts', `import { x } from '../errors.ts';`), /has no row/);

test('allowed', (t) => {
  const rows = [
    file('src/cli/main.ts', `const { linuxHost } = await import('../host/linux/index.ts');`),
    file('src/host/linux/files.ts', `import * as fs from 'node:fs/promises';`),
    file('src/host/workstation/a.ts', `import { execa } from 'execa';`, `import { a } from '../linux/b.ts';`),
    file('src/boot/menus/grub-files.ts', `import { readFileSync } from 'node:fs';`),
    file('src/host/ports.ts', `connectUnix(path: string): Promise<import('node:net').Socket>;`),
    file('src/install/a.ts', `import { a } from '../steps/index.ts';`, `import { b } from './b.ts';`),
    file('src/vm/a.ts', `/** import { x } from 'node:fs'; */`, `  // await import('got')`),
  ];
  t.deepEqual(forbiddenImports(rows), []);
});

test('a cycle of files is found', (t) => {
  const rows = [file('src/vm/a.ts', `import './b.ts';`), file('src/vm/b.ts', `export * from './a.ts';`)];
  t.deepEqual(cycles(rows), ['src/vm/a.ts → src/vm/b.ts → src/vm/a.ts']);
});

test('a cycle of folders is found', (t) => {
  const rows = [
    file('src/vm/a.ts', `import '../build/b.ts';`),
    file('src/build/c.ts', `import '../vm/d.ts';`),
  ];
  t.deepEqual(cycles(rows), ['vm → build → vm']);
});

test('an orphan is found', (t) => {
  const rows = [file('src/cli/main.ts', `import '../vm/a.ts';`), file('src/vm/a.ts'), file('src/vm/b.ts')];
  t.deepEqual(orphans(rows, ['src/cli/main.ts']), ['src/vm/b.ts']);
});

/** The documentation agrees with the code: generated pages, links, options, keys, make targets. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import test from 'ava';
import { hasEffect, pages } from '../../scripts/docs-pages.ts';
import type { CommandDefinition } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/commands/index.ts';
import { listedOptions, parseFlags, versionOption } from '../../src/cli/reference/tree.ts';
import { fieldNames } from '../../src/config/command-line/targets.ts';
import { findKey, isGroup, rows } from '../../src/config/keys/keys.ts';
import { anchorsOf, codeOf, linksOf, type MarkdownFile, opsctlCalls } from './markdown.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const packer = readdirSync(join(root, 'packer'), { withFileTypes: true });
const folders = packer.filter((entry) => entry.isDirectory()).map(({ name }) => `packer/${name}`);
const files: readonly MarkdownFile[] = ['.', 'docs', 'packer', ...folders]
  .flatMap((folder) => readdirSync(join(root, folder)).map((name) => normalize(join(folder, name))))
  .filter((path) => path.endsWith('.md'))
  .map((path) => ({ path, text: read(path) }));

test('the documentation was found', (t) => {
  for (const path of ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docs/architecture.md']) {
    t.true(
      files.some((file) => file.path === path),
      path,
    );
  }
});

for (const { path, text } of pages()) {
  test(`${path} is what "make docs" writes`, (t) => {
    t.true(read(path) === text, `${path} is stale: run "make docs"`);
  });
}

test('every key of a running system has an effect', (t) => {
  const silent = rows.filter((row) => !row.phases.includes('install') && !hasEffect(row));
  t.deepEqual(
    silent.map(({ name }) => name),
    [],
  );
});

test('relative links and their anchors lead somewhere', (t) => {
  t.deepEqual(files.flatMap(deadLinks), []);
});

test('documented commands and options exist', (t) => {
  t.deepEqual(
    files.flatMap(({ path, text }) => unknownOptions(text).map((fault) => `${path}: ${fault}`)),
    [],
  );
});

test('documented configuration keys exist', (t) => {
  t.deepEqual(
    files.flatMap(({ path, text }) => unknownKeys(text).map((key) => `${path}: ${key}`)),
    [],
  );
});

test('documented make targets exist', (t) => {
  const targets = new Set([...read('Makefile').matchAll(/^([a-z]+):/gm)].map(([, name]) => name));
  const called = files.flatMap(({ path, text }) =>
    codeOf(text).flatMap((code) =>
      [...code.matchAll(/(?:^|[\s&$])make ([a-z]+)/g)].map(([, name]) => ({ path, name })),
    ),
  );
  t.true(called.length > 3);
  t.deepEqual(
    called.filter(({ name }) => !targets.has(name)),
    [],
  );
});

test('each rule finds what it is for', (t) => {
  const page = { path: 'docs/page.md', text: '# A b\n[x](gone.md) [y](#a-b) [z](#c) [w](../README.md)' };
  t.deepEqual(deadLinks(page), ['docs/page.md: gone.md', 'docs/page.md: #c']);
  t.deepEqual(unknownOptions('`opsctl install --nope /dev/x --silent | cat --this`'), [
    'opsctl install --nope',
  ]);
  t.deepEqual(
    unknownOptions('```\n$ sudo opsctl vm run \\\n  --disc x\n$ opsctl vm fly\n```\n`opsctl frob`'),
    ['opsctl vm run --disc', 'opsctl vm fly', 'opsctl frob'],
  );
  t.deepEqual(
    unknownKeys('`bos.mode=live bos.install.devise=/dev/vda` and `bos.install.*`, `bos-amd64.iso`'),
    ['bos.install.devise'],
  );
});

function deadLinks({ path, text }: MarkdownFile): string[] {
  return linksOf(text).flatMap((link) => {
    if (/^[a-z]+:/.test(link)) return [];
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? path : normalize(join(dirname(path), file));
    if (!existsSync(join(root, target)) && target !== path) return [`${path}: ${link}`];
    if (anchor === undefined || !target.endsWith('.md')) return [];
    return anchorsOf(target === path ? text : read(target)).has(anchor) ? [] : [`${path}: ${link}`];
  });
}

function unknownOptions(text: string): string[] {
  return codeOf(text).flatMap(opsctlCalls).flatMap(faultsOf);
}

/** What is wrong with one call; help and usage lines name their parts in brackets and capitals. */
function faultsOf(words: readonly string[]): string[] {
  let command: CommandDefinition | undefined;
  let choices: readonly CommandDefinition[] | undefined = commands;
  const path = ['opsctl'];
  const rest = [...words];
  while (choices !== undefined && rest[0] !== undefined && /^[a-z]/.test(rest[0])) {
    const name = rest.shift() ?? '';
    path.push(name);
    if (name === 'help') return [];
    const found: CommandDefinition | undefined = choices.find((one) => one.name === name);
    if (found === undefined) return command?.load === undefined ? [path.join(' ')] : [];
    command = found;
    choices = found.subcommands;
  }
  const known = new Set(
    [
      ...(command === undefined ? listedOptions({ name: '', summary: '' }) : listedOptions(command)),
      versionOption,
    ]
      .flatMap(({ flags }) => [parseFlags(flags).short, parseFlags(flags).long])
      .filter((flag) => flag !== undefined),
  );
  return rest
    .map((word) => word.replace(/[=,.:].*$/, ''))
    .filter((word) => /^--?[a-z]/.test(word) && !known.has(word))
    .map((word) => `${path.join(' ')} ${word}`);
}

/** Names such as bos.install.device in code; `bos.x.y[..]` and fields of objects included. */
/** Fields of objects, and of objects in objects. */
const fields = new Set(fieldNames());

function unknownKeys(text: string): string[] {
  // Shown messages about unknown keys name some.
  const shown = codeOf(text).filter((code) => !code.includes('is not a key'));
  const names = shown.flatMap((code) =>
    [...code.matchAll(/(?<![\w./-])bos(?:\.[a-z_0-9]+)+(?!\w*[-/.])/g)].map(([name]) => name),
  );
  return names.filter((name) => {
    const parent = name.replace(/\.[a-z_0-9]+$/, '');
    return !findKey(name) && !isGroup(name) && findKey(parent)?.type !== 'objects' && !fields.has(name);
  });
}

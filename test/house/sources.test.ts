/** Rules of the house about files: their size, their names, their words. */
import { posix } from 'node:path';
import test from 'ava';
import { projectFiles } from './project-files.ts';

const code = projectFiles('src/**/*.ts', 'scripts/**/*.ts', 'bench/**/*.ts', 'test/**/*.ts');
const sources = code.filter(({ path }) => path.startsWith('src/'));
const maximumLines = 300;
/** Files that may be longer, each with its reason. */
const longer: Readonly<Record<string, string>> = {
  'src/config/keys/keys.ts': 'the table of keys: one row per key',
};

test('the tree was read', (t) => {
  t.true(sources.some(({ path }) => path === 'src/errors.ts'));
});

test('files of src have fewer than 300 lines', (t) => {
  const long = sources.filter(
    ({ path, text }) => text.split('\n').length > maximumLines && !(path in longer),
  );
  t.deepEqual(
    long.map(({ path }) => path),
    [],
  );
});

test('every file of src begins with a comment that states its role', (t) => {
  const silent = sources.filter(({ text }) => !/^(#!.*\n)?\/\*\*/.test(text));
  t.deepEqual(
    silent.map(({ path }) => path),
    [],
  );
});

/** `/x+$/`: from each place of a long run that does not end the text V8 looks on to its end. */
const trailingRun = /[\s(,=]\/(?:\\.|\[(?:\\.|[^\]\\])*\]|[^\\/[(|^*\s])[+*]\$\/[a-z]*/;

test('no pattern looks for a run of characters at the end of a text; withoutTrailing does', (t) => {
  t.regex(`text.replace(/\\/+$/, '')`, trailingRun);
  t.regex('x.replace(/[ \\0]+$/, "")', trailingRun);
  const found = sources.flatMap(({ path, text }) =>
    text
      .split('\n')
      .filter((line) => trailingRun.test(line) && !/^ *(?:\*|\/[/*])/.test(line))
      .map((line) => `${path}: ${line.trim()}`),
  );
  t.deepEqual(found, []);
});

/** More than a screen of names tells nobody where to look. Data of tests, one file a case, is no such folder. */
const mostFiles = 16;

test('folders have at most 16 files', (t) => {
  const folders = Map.groupBy(code, ({ path }) => posix.dirname(path));
  const full = [...folders].filter(([, files]) => files.length > mostFiles);
  t.deepEqual(
    full.map(([folder, files]) => `${folder}: ${files.length}`),
    [],
  );
});

test('no file is a drawer for everything', (t) => {
  const drawers = code.filter(({ path }) =>
    /\/(utils?|helpers?|common|misc|shared|lib)(\.ts$|\/)/.test(path),
  );
  t.deepEqual(
    drawers.map(({ path }) => path),
    [],
  );
});

/** Where packages come from is each machine's own configuration. Written in parts, so that this file may pass. */
const strangers = [
  ['registry', 'npmjs'],
  ['registry', 'yarnpkg'],
  ['deb', 'debian', 'org'],
  ['ftp', 'debian', 'org'],
  ['archive', 'ubuntu', 'com'],
].map((parts) => parts.join('.'));

test('YAML is parsed within a budget: by src/config/yaml alone', (t) => {
  const parsing =
    /import \{[^}]*\b(parse|parseDocument|parseAllDocuments|Parser|Composer)\b[^}]*\} from 'yaml'/;
  const others = sources.filter(
    ({ path, text }) => !path.startsWith('src/config/yaml/') && parsing.test(text),
  );
  t.regex("import { LineCounter, parse } from 'yaml';", parsing);
  t.deepEqual(
    others.map(({ path }) => path),
    [],
  );
});

test('no host of a package registry or mirror', (t) => {
  const texts = projectFiles(
    '{src,scripts,bench,test,os,grub,qemu,packer,docs,bin}/**/*.*',
    '{README,CHANGELOG,CONTRIBUTING}.md',
    'Makefile',
    'package.json',
  );
  const found = texts.flatMap(({ path, text }) =>
    strangers.filter((word) => text.toLowerCase().includes(word)).map((word) => `${path}: ${word}`),
  );
  t.true(texts.length > code.length / 2);
  t.deepEqual(found, []);
});

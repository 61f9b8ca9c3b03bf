/** The mechanical part of docs/style.md, held over what a person can read, and proof that each rule finds its fault. */
import test from 'ava';
import { literalsOf } from './literals.ts';
import { projectFiles } from './project-files.ts';
import { stepVerbs, wordingFaults } from './wording-rules.ts';

const sources = projectFiles(
  'src/**/*.ts',
  'os/overlay/usr/lib/bhojpur/*',
  'os/overlay/usr/bin/*',
  'install/install.sh',
);

test('what a person reads is worded as docs/style.md says', (t) => {
  t.true(sources.length > 300);
  const faults = sources.flatMap(wordingFaults);
  t.deepEqual(
    faults.map(({ path, rule, text }) => `${path}: ${rule}: ${text.slice(0, 120)}`),
    [],
  );
});

test('docs/style.md lists every verb that a step may begin with', (t) => {
  const [page] = projectFiles('docs/style.md');
  t.deepEqual(
    stepVerbs.filter((verb) => !page?.text.includes(`| ${verb} |`)),
    [],
  );
});

test('literals: quotes, templates and what is inside them, not comments or patterns', (t) => {
  const code = [
    `const a = 'one \\' two'; // 'not this'`,
    '/* "nor this" */ const b = /\'[/"]/g.test(a) ? `x ${`y ${z}`} w` : "end";',
    'const c = 4 / 2; const d = "after a division";',
  ].join('\n');
  t.deepEqual(
    literalsOf(code).map(({ text }) => text),
    ["one \\' two", 'x ${`y ${z}`} w', 'y ${z}', 'end', 'after a division'],
  );
});

const finds = test.macro({
  exec: (t, path: string, code: string, rule: RegExp) => {
    const [first, ...others] = wordingFaults({ path, text: code });
    t.regex(first?.rule ?? '', rule);
    t.deepEqual(others, []);
  },
  title: (name = '') => `finds: ${name}`,
});

for (const text of [
  'X is no disk',
  'these are no partitions',
  'the key is none of minisign',
  'X is already as it is asked for',
  'byte 7 is spoken of',
  'with nothing given it boots',
  'it waits for ever',
  '--undo goes with no other change',
  'an option that nobody gives',
  'nothing was looked at',
  'a header that makes no sense',
  'written anew',
  'type the same again',
  'X is not as it should be',
  'Please report it',
  'X cannot be had',
  'the machine switches itself off',
  'a link in circles',
])
  test(`"${text}"`, finds, 'src/media/a.ts', `const text = '${text}';`, /^reads like a translation/);

test('in shell', finds, 'os/overlay/usr/bin/a', 'echo "dcp: this is no image"', /^reads like a translation/);
test('an exclamation mark', finds, 'src/vm/a.ts', `say('It is done!');`, /exclamation/);
test('a double space', finds, 'src/vm/a.ts', `say('It is  done');`, /double spaces/);
test('a small letter', finds, 'src/vm/a.ts', `throw refused('a-b', 'the disk is gone');`, /capital/);
test(
  'a small letter, further on',
  finds,
  'src/vm/a.ts',
  `throw usage(\n  'a',\n  \`the disk \${x}\`,\n);`,
  /capital/,
);
test('of an OpsError', finds, 'src/vm/a.ts', `new OpsError('broken', 'a-b', 'the disk is gone')`, /capital/);
test('a full stop', finds, 'src/vm/a.ts', `throw refused('a', 'The disk is gone.');`, /no full stop/);
test('a hint', finds, 'src/vm/a.ts', `throw refused('a', b, { hint: 'Run it again' });`, /hint ends/);
test('one of two hints', finds, 'src/vm/a.ts', `f({ hint: a === 'b' ? 'Run it.' : 'Wait' });`, /hint ends/);
test('a hint in parts', finds, 'src/vm/a.ts', `f({ hint: 'Run it ' +\n  'again' });`, /hint ends/);
test('a capital in help', finds, 'src/cli/a.ts', `({ help: 'Print more' })`, /lower case/);
test('a full stop in help', finds, 'src/cli/a.ts', `({ help: 'print more.' })`, /no full stop/);
test('the help of a key', finds, 'src/config/keys/a.ts', `({ help: 'the host name' })`, /sentence/);
test('a verb', finds, 'src/steps/a.ts', `describe: (step) => \`Obliterate \${step.disk}\`,`, /verb/);

test('what is allowed', (t) => {
  const code = [
    `refused('a', \`\${path} is not a disk\`, { hint: 'Run \`opsctl facts\`.' });`,
    `refused('a', 'curl ended with 7', { hint: first ? help : \`\${suggestion} \${help}\` });`,
    `usage('a', '--sha256: expected 64 hex digits', { hint: 'Is it whole?' });`,
    `const text = ['it is no longer there', 'there is no room', '#!/bin/sh'];`,
  ];
  t.deepEqual(wordingFaults({ path: 'src/vm/a.ts', text: code.join('\n') }), []);
});

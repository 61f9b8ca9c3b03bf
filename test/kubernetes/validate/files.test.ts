/** Files of several documents, of other kinds, and of what is no manifest at all. */
import test from 'ava';
import { stringify } from 'yaml';
import { validatePlans } from '../../../src/kubernetes/validate/validate.ts';
import { changed, faultsIn, soundPlan } from '../plan-text.ts';

const check = (text: string | Uint8Array) =>
  validatePlans(typeof text === 'string' ? Buffer.from(text) : text, 'plan.yaml');

test('every document is read, other kinds are passed over', (t) => {
  const other = 'apiVersion: v1\nkind: Pod\nspec: {concurrency: 0, a: *nothing}\n';
  const faulty = changed('name: bos', 'name: other').replace('concurrency: 1', 'concurrency: 0');
  const text = `---\n${other}---\n---\n# a comment\n${soundPlan}---\n${faulty}`;
  t.is(check(text).plans, 2);
  t.deepEqual(faultsIn(text), ['31:16 spec.concurrency: is 0: no node is ever upgraded']);
});

test('lists, as kubectl prints them', (t) => {
  const plan = soundPlan.replaceAll(/^(?=.)/gm, '    ').replace('    api', '  - api');
  const text = `apiVersion: v1\nkind: List\nitems:\n${plan.replace('concurrency: 1', 'concurrency: 0')}`;
  t.is(check(text).plans, 1);
  t.deepEqual(faultsIn(text), ['10:20 spec.concurrency: is 0: no node is ever upgraded']);
});

test('a Plan of a cluster has a status and metadata of its own', (t) => {
  const extra =
    'name: bos\n  uid: x\n  resourceVersion: "1"\n  generation: 2\n  creationTimestamp: 2026-11-29T10:00:00Z';
  t.deepEqual(faultsIn(`${changed('name: bos', extra)}status: {applying: [a], what: ever}\n`), []);
});

test('two Plans of one name in a namespace', (t) => {
  const [fault, ...more] = faultsIn(`${soundPlan}---\n${soundPlan}`);
  t.deepEqual(more, []);
  t.is(fault, '21:9 metadata.name: is that of the Plan in line 4, which this one would replace');
  t.deepEqual(faultsIn(`${soundPlan}---\n${changed('namespace: system-upgrade', 'namespace: other')}`), []);
});

test('anchors, aliases and merge keys are followed', (t) => {
  const text = changed(
    '  drain:\n    ignoreDaemonSets: true\n    deleteEmptydirData: true\n',
    '  prepare: &c {image: a/b}\n  drain: {<<: {ignoreDaemonSets: true}, deleteEmptydirData: true, force: false}\n',
  ).replace('  upgrade:\n    image: registry.example.com/bos\n', '  upgrade: *c\n');
  t.deepEqual(faultsIn(text), []);
  t.deepEqual(faultsIn(text.replace('upgrade: *c', 'upgrade: *d')), [
    '14:3 spec.upgrade: is missing',
    '14:12 refers to an anchor that is not there; write text in quotes',
  ]);
});

test('what is no YAML is told with its place, and the documents beside it are read', (t) => {
  const broken = 'apiVersion: upgrade.cattle.io/v1\nkind: Plan\nspec: [a\n';
  const [first = '', second, ...more] = faultsIn(
    `${broken}---\n${changed('concurrency: 1', 'concurrency: 0')}`,
  );
  t.regex(first, /^\d:\d+ .*(?:end with|must be)/);
  t.regex(second ?? '', /concurrency: is 0/);
  t.deepEqual(more, []);
});

test('what asks for too much is refused, in no time', (t) => {
  const [bytes] = check(new Uint8Array(3 * 1024 * 1024)).diagnostics;
  t.regex(bytes?.message ?? '', /^is 3145728 bytes long/);
  t.regex(check(new Uint8Array([0xff, 0xfe])).diagnostics[0]?.message ?? '', /UTF-8/);
  const laughs = Array.from(
    { length: 9 },
    (_, index) => `a${index + 1}: &a${index + 1} [${`*a${index},`.repeat(9)}]`,
  );
  const bomb = `apiVersion: upgrade.cattle.io/v1\nkind: Plan\na0: &a0 [x]\n${laughs.join('\n')}\n`;
  t.regex(check(bomb).diagnostics[0]?.message ?? '', /more than 100000 values/);
  t.regex(
    check('kind: Plan\nspec: &a [*a]\n').diagnostics[0]?.message ?? '',
    /nested more than 50 levels|anchor/,
  );
  t.regex(check('['.repeat(1000)).diagnostics[0]?.message ?? '', /levels deep/);
  const many = changed(
    '    image:',
    `${Array.from({ length: 500 }, (_, index) => `    x${index}: 1\n`).join('')}    image:`,
  );
  const { diagnostics } = check(many);
  t.is(diagnostics.length, 201);
  t.is(diagnostics.at(-1)?.message, '300 more faults, 300 of them errors');
});

test('what a program writes in its own order and style has no fault', (t) => {
  const spec = { window: { timeZone: 'UTC', endTime: '04:00', startTime: '02:00', days: ['0'] } };
  t.deepEqual(faultsIn(`${soundPlan}  ${stringify(spec).trim().replaceAll('\n', '\n  ')}\n`), []);
});

/**
 * Files that cost more than any configuration: deep, wide, full of aliases. The parser alone took minutes and
 * gigabytes for some of them; each must end soon, with a plain error, whatever its size.
 */
import test from 'ava';
import { Lexer, LineCounter } from 'yaml';
import {
  documentsWithinBudget,
  manifestBudget,
  valueWithinBudget,
  yamlBudget,
} from '../../../src/config/yaml/budgeted-document.ts';
import { configSizeLimit, parseConfigYaml } from '../../../src/config/yaml/yaml.ts';
import { readYaml } from '../../../src/palette/yaml/read-yaml.ts';
import { readMachineText } from '../../../src/serve/machines/read-yaml.ts';

/** Far more than any of them takes, far less than what grows faster than the file. */
const patienceMs = 30_000;

const filled = (text: string, before = '') =>
  before + text.repeat(Math.floor((configSizeLimit - before.length) / text.length));

const deep = /^is nested more than 50 levels deep$/;
const wide =
  /^has more than 50000 words and punctuation marks; expected a configuration; shorten or split it$/;
const aliases = /^uses more than 100 aliases; write the values out$/;

/** Met as files in config.d and as user data; each is made larger until it is of the size that is allowed. */
const hostile: readonly (readonly [name: string, text: string, expected: RegExp])[] = [
  ['open brackets', filled('['), deep],
  ['open braces', filled('{'), deep],
  ['brackets under a key', filled('[', 'write_files: '), deep],
  ['maps in brackets', filled('[{a: '), deep],
  ['a list in a list in a list', `${'- '.repeat(20_000)}a`, deep],
  ['a list in a list, without end', filled('- '), wide],
  ['complex keys', `${'? '.repeat(20_000)}a`, deep],
  ['a staircase', Array.from({ length: 200 }, (_, step) => `${' '.repeat(step)}a:\n`).join(''), deep],
  ['aliases of nothing', filled('*a '), aliases],
  ['aliases in a list', `${filled('*a, ', 'bos: {modules: [&a x, ')}]}`.slice(0, configSizeLimit), aliases],
  ['merge keys', filled(`<<: *a #${'-'.repeat(50)}\n`, 'a: &a {b: c}\n'), aliases],
  [
    'elements',
    filled('- a\n', 'run_cmd:\n'),
    /^has 5\d{5} lines; expected at most 100000; shorten or split it$/,
  ],
  [
    'backslashes that begin nothing',
    `write_files: [{path: /a, content: "${'\\$'.repeat(500_000)}"}]`,
    /^has more than 1000 backslashes in double quotes that YAML does not know; use single quotes, or write each twice$/,
  ],
  ['elements in a row', filled('a, ', 'run_cmd: ['), wide],
  ['empty lists', filled('[]'), wide],
  ['closing brackets', filled(']'), wide],
  ['anchors', filled('&a '), wide],
  ['tags', filled('! '), wide],
  ['one key without end', filled('a: b: '), wide],
  ['blank lines', filled('\n'), /^has \d+ lines; expected/],
  ['comments', filled('# a\n'), /^has \d+ lines; expected/],
  ['documents', filled('---\n'), /^has \d+ lines; expected/],
  ['directives', filled(`%TAG ! tag:${'a'.repeat(50)}\n`), wide],
  ['an unknown directive', filled('%'), /^Missing directives-end indicator line$/],
  [
    'one long text in quotes',
    `${filled('x', 'hostname: "').slice(0, -1)}"`,
    /^has a text of more than 1048576/,
  ],
  ['a text in quotes without an end', filled('x', "hostname: '"), /^has a text of more than 1048576/],
  ['short lines in a block', filled('  x\n', 'boot_cmd:\n- |\n'), /^has \d+ lines; expected/],
  ['quotes', filled('"" '), wide],
  ['one word', filled('x'), /^expected a map of keys/],
];

for (const [name, text, expected] of hostile) {
  test(`${name}: an error soon`, (t) => {
    const { user } = process.cpuUsage();
    const { layer, diagnostics } = parseConfigYaml(text, 'c.yaml');
    t.true((process.cpuUsage().user - user) / 1000 < patienceMs);
    t.is(layer.entries.size, 0);
    const [first] = diagnostics;
    t.is(first?.severity, 'error');
    t.regex(first?.message ?? '', expected);
    t.true(diagnostics.every(({ message }) => message.length < 200));
  });
}

test('an alias bomb', (t) => {
  const level = (name: string, of: string) => `${name}: &${name} [${Array(20).fill(`*${of}`).join(', ')}]\n`;
  const levels = [...'bcdefgh'].map((name, index) => level(name, 'abcdefg'[index] ?? 'a'));
  const { diagnostics } = parseConfigYaml(`a: &a [x]\n${levels.join('')}`, 'c.yaml');
  t.deepEqual(
    diagnostics.map(({ place, message }) => `${place.line}: ${message}`),
    ['7: uses more than 100 aliases; write the values out'],
  );
});

test('a fault does not note where the library made it: thousands would take seconds', (t) => {
  const usual = Error.stackTraceLimit;
  const [document] = documentsWithinBudget("a: 'x'\n'\n'\n", new LineCounter(), manifestBudget);
  t.true((document?.errors.length ?? 0) > 0);
  t.true(document?.errors.every(({ stack }) => !/\n *at /.test(stack ?? '')));
  t.is(Error.stackTraceLimit, usual);
});

/** How often the library cuts a text up, which is most of what reading one costs. */
function cuts(read: () => unknown): number {
  const { lex } = Lexer.prototype;
  let count = 0;
  Lexer.prototype.lex = function* counted(...given: Parameters<typeof lex>) {
    count += 1;
    yield* lex.apply(this, given);
  };
  try {
    read();
  } finally {
    Lexer.prototype.lex = lex;
  }
  return count;
}

for (const [name, text] of [
  ['sound', 'hostname: a\n'],
  ['a key without a blank', 'hostname: a\nbos:x\n'],
  ['lines that fit nowhere', 'a\u{1f4a5}%:\n  b\n'.repeat(50)],
  ['lists and texts by turns', 'a:\ni:\n- b:\n- $c:x\n'],
  ['a bracket that is not closed', 'a: [\nb: c\n'],
  ['text behind a quote', "a: 'b' c\n"],
  ['a block that ends too early', 'a: |\n  b\n c\n'],
  ['a colon in a value', 'a: b: c\n'],
] as const)
  test(`a text is cut up once for its values, and once for its mistake: ${name}`, (t) => {
    t.true(cuts(() => readYaml(text)) <= 2);
    // What YAML reads without a complaint is looked for, too.
    t.true(cuts(() => parseConfigYaml(text, 'c.yaml')) <= 3);
  });

test('a thousand machines in one file are within the budget, a file of brackets is not', (t) => {
  const machine = (_: unknown, index: number) =>
    `  node${index}:\n    append_kargs: [console=ttyS1, a=b]\n    install: {device: /dev/vda, power_off: true}\n` +
    `    mac: [52:54:00:12:34:56]\n    token: abcdefghijklmnop\n    config: {hostname: a, bos: {labels: {b: c}}}\n`;
  const machines = (count: number) =>
    readMachineText(Buffer.from(`machines:\n${Array.from({ length: count }, machine).join('')}`), 'm.yaml');
  t.deepEqual(machines(1000).faults, []);
  t.regex(
    readMachineText(Buffer.from(`a: [${'[], '.repeat(250_000)}]`), 'm.yaml').faults[0]?.message ?? '',
    /^has more than/,
  );
});

test('what people write is far below the budget', (t) => {
  const commands = Array.from({ length: 5_000 }, (_, index) => `- echo ${index} # a comment\n`);
  const line = `    ${'a "quoted" [text] {with} *signs* & more, '.repeat(2)}\n`;
  const file = `write_files:\n- path: /opt/a\n  content: |\n${line.repeat(20_000)}`;
  const text = `run_cmd:\n${commands.join('')}${file}`;
  const { layer, diagnostics } = parseConfigYaml(text, 'c.yaml');
  t.deepEqual(diagnostics, []);
  t.like(layer.entries.get('run_cmd')?.value, { length: 5_000 });
});

test('asterisks in a text are no aliases', (t) => {
  const commands = Array.from({ length: 150 }, () => '- |\n  *.log\n- "*"\n- echo *\n');
  t.deepEqual(parseConfigYaml(`run_cmd:\n${commands.join('')}`, 'c.yaml').diagnostics, []);
});

test('an alias means the last anchor before it', (t) => {
  const { layer } = parseConfigYaml(
    'bos:\n  modules: [&a x, *a, &a y, *a]\n  ntp_servers: [*a]\n  dns_nameservers: [&a 1.1.1.1]\n',
    'c.yaml',
  );
  t.deepEqual(layer.entries.get('bos.modules')?.value, ['x', 'x', 'y', 'y']);
  t.deepEqual(layer.entries.get('bos.ntp_servers')?.value, ['y']);
});

test('the same holds for the data beside a configuration', (t) => {
  t.deepEqual(valueWithinBudget('local-hostname: a\npublic-keys: [b]\n'), {
    'local-hostname': 'a',
    'public-keys': ['b'],
  });
  t.throws(() => valueWithinBudget('['.repeat(200_000)), { message: deep });
  t.throws(() => valueWithinBudget('*a '.repeat(80_000)), { message: aliases });
  const secret = t.throws(() => valueWithinBudget('a: |hunter2\n b'));
  t.notRegex(secret.message, /hunter2/);
  t.is(yamlBudget.depth, 50);
});

test('backslashes that begin an escape are as many as anybody likes', (t) => {
  const written = String.raw`\\$\n\"\x41\u00e9 `.repeat(2000);
  const { layer, diagnostics } = parseConfigYaml(Buffer.from(`hostname: a\nrun_cmd: ["${written}"]\n`), 'it');
  t.deepEqual(diagnostics, []);
  t.deepEqual(layer.entries.get('run_cmd')?.value, ['\\$\n"A\u00e9 '.repeat(2000)]);
});

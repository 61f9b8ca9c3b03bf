/** The bundle: one file that starts anywhere, the same bytes each time, libraries evaluated only when needed. */
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { makeOurs } from '../iso/media.ts';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

const bundle = async (name: string, checkout = root): Promise<string> => {
  const { stdout } = await execa(
    process.execPath,
    [join(checkout, 'scripts/bundle.ts'), '--output', join(folder, name, 'opsctl.cjs'), '--explain'],
    // Not the folder of the project: nothing may depend on where it is run.
    { cwd: folder },
  );
  return stdout;
};
interface Where {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  readonly extendEnv?: boolean;
}
/** Node.js with these arguments to its end, whatever its exit code. */
const ran = (args: readonly string[], options: Where = {}) =>
  execa(process.execPath, args, { ...options, reject: false, stripFinalNewline: false });

const made = [
  ...['opsctl-phases.cjs', 'opsctl-start.cjs', 'opsctl.LICENSES.txt', 'opsctl.cache'],
  'opsctl.cjs',
];
/** Where a file of the first bundle differs from another one's: of its bytes, how many and the first of them. */
const difference = (name: string, other: string): string => {
  const [one, two] = ['one', other].map((bundle) => readFileSync(join(folder, bundle, name))) as [
    Buffer,
    Buffer,
  ];
  if (one.length !== two.length) return `${one.length} bytes and ${two.length}`;
  const places = [...one.keys()].filter((place) => one[place] !== two[place]);
  const [first = 0] = places;
  return places.length === 0
    ? ''
    : `${places.length} bytes, the first at ${first}: ${one[first]} and ${two[first]}`;
};

let explained = '';
test.before(async () => {
  explained = await bundle('one');
});
const file = join(folder, 'one/opsctl.cjs');
const starter = join(folder, 'one/opsctl-start.cjs');
const phasesStarter = join(folder, 'one/opsctl-phases.cjs');

test('one file that runs alone', async (t) => {
  t.deepEqual(readdirSync(join(folder, 'one')), made);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const run = (...args: string[]) => ran([file, ...args], { cwd: folder, env: {}, extendEnv: false });
  t.is((await run('--version')).stdout, `${version}\n`);
  t.regex((await run('--help')).stdout, /^Usage: opsctl/);
  t.is((await run('frobnicate')).exitCode, 2);
  t.regex((await run('completion', 'bash')).stdout, /complete .*opsctl/, 'what the comment holds');
  t.regex(
    (await run('vm', 'run', '--append', '--help')).stderr,
    /nothing to boot/,
    'the value of an option, no question',
  );
});

test('the same bytes again, and no path of this machine', async (t) => {
  await bundle('two');
  for (const name of made) t.is(difference(name, 'two'), '', name);
  t.false(readFileSync(file, 'utf8').includes(root));
});

test('a node_modules that is a link to another place changes nothing', async (t) => {
  const checkout = join(folder, 'elsewhere');
  mkdirSync(checkout);
  for (const name of [
    'src',
    'qemu',
    'grub',
    'scripts',
    'test/system/support/full-config.ts',
    'test/install/recorded/machines',
    'package.json',
    'tsconfig.json',
  ])
    cpSync(join(root, name), join(checkout, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'));
  await bundle('three', checkout);
  for (const name of made) t.is(difference(name, 'three'), '', name);
});

test('the code cache is used when it is of this very bundle, and its absence changes nothing but the time', async (t) => {
  const place = join(folder, 'cached');
  mkdirSync(place);
  cpSync(file, join(place, 'opsctl.cjs'));
  // It says what V8 thinks of each cache that it is given.
  const verdicts = async (args = ['completion', 'bash'], expected = /complete .*opsctl/) => {
    const spy = `const { Script } = require('vm'); require('vm').Script = class extends Script {
      constructor(code, options) { super(code, options); console.error('rejected:', this.cachedDataRejected); } };`;
    writeFileSync(join(place, 'spy.cjs'), spy);
    const run = await ran(['--require', join(place, 'spy.cjs'), join(place, 'opsctl.cjs'), ...args]);
    t.regex(run.stdout, expected);
    return run.stderr.trim();
  };
  t.is(await verdicts(), 'rejected: undefined', 'none');
  const cache = readFileSync(join(folder, 'one/opsctl.cache'));
  writeFileSync(join(place, 'opsctl.cache'), cache);
  t.is(await verdicts(), 'rejected: false', 'its own');
  const config = join(place, 'config.yaml');
  writeFileSync(config, 'hostname: one\n');
  t.is(
    await verdicts(['config', 'validate', config], /config.yaml/),
    'rejected: false\nrejected: false',
    'and of YAML',
  );
  writeFileSync(
    join(place, 'opsctl.cache'),
    Buffer.concat([Buffer.from('0'.repeat(16)), cache.subarray(16)]),
  );
  t.is(await verdicts(), 'rejected: undefined', 'of another bundle');
  writeFileSync(join(place, 'opsctl.cache'), cache.subarray(0, 4000));
  t.is(await verdicts(), 'rejected: true', 'cut off');
});

test('execa is evaluated for the commands of a developer, and for no other', async (t) => {
  const spy = join(folder, 'parts.cjs');
  // The parts of the bundle are the scripts that it compiles.
  writeFileSync(
    spy,
    `const vm = require('vm'); vm.Script = class extends vm.Script {
      constructor(code, options) { super(code, options); if (/ExecaError/.test(code)) console.error('execa'); } };`,
  );
  const loads = async (...args: string[]) =>
    /^execa$/m.test((await ran(['--require', spy, file, ...args], { cwd: root })).stderr);
  const config = join(folder, 'some.yaml');
  writeFileSync(config, 'hostname: one\n');
  for (const words of [['--version'], ['config', 'validate', config], ['status']])
    t.false(await loads(...words), words.join(' '));
  // Neither starts anything.
  t.true(await loads('vm', 'run', 'no-such.iso'));
  t.true(await loads('build', 'nonsense'));
});

test('changing an ISO in place loads no cryptography of Node.js, which takes a tenth of it', async (t) => {
  const spy = join(folder, 'builtins.cjs');
  writeFileSync(
    spy,
    `process.on('exit', () => console.error('crypto:', process.moduleLoadList.includes('NativeModule crypto')));`,
  );
  const iso = makeOurs(folder);
  const run = await ran(['--require', spy, starter, 'iso', 'remaster', iso, '--append-karg', 'quiet']);
  t.is(run.exitCode, 0, run.stderr);
  t.regex(run.stderr, /^crypto: false$/m);
  t.regex((await ran(['--require', spy, starter, 'iso', 'inspect', iso])).stderr, /^crypto: true$/m);
});

test('a stack has the lines of the file', async (t) => {
  for (const started of [file, starter]) {
    const { stderr } = await ran([started, 'frobnicate', '-v'], { env: {}, extendEnv: false });
    const [, line, column] = /at usage \(.*opsctl\.cjs:(\d+):(\d+)\)/.exec(stderr) ?? [];
    const thrown = readFileSync(file, 'utf8')
      .split('\n')
      [Number(line) - 1]?.slice(Number(column) - 1);
    t.true(thrown?.startsWith('new OpsError('), stderr);
  }
});

test('the starter is a tenth of the bundle, and takes the parts and their cache from the one beside it alone', async (t) => {
  t.true(statSync(starter).size * 10 < statSync(file).size);
  const place = join(folder, 'beside');
  mkdirSync(place);
  for (const name of ['opsctl-start.cjs', 'opsctl.cache'])
    cpSync(join(folder, 'one', name), join(place, name));
  const run = (...args: string[]) => ran([join(place, 'opsctl-start.cjs'), ...args], { cwd: folder });
  t.is((await run('--version')).exitCode, 0, 'which needs no part');
  t.like(await run('status'), { exitCode: 1 });
  cpSync(file, join(place, 'opsctl.cjs'));
  t.regex((await run('completion', 'bash')).stdout, /complete .*opsctl/);
  const config = join(place, 'config.yaml');
  writeFileSync(config, 'hostname: one\n');
  t.regex((await run('config', 'validate', config)).stdout, /config.yaml/, 'zod and yaml are parts, too');
  writeFileSync(
    join(place, 'opsctl.cjs'),
    `#!/usr/bin/env node\n//\n${readFileSync(file, 'latin1').slice(20)}`,
  );
  const other = await run('status');
  t.is(other.exitCode, 1);
  t.regex(other.stderr, /opsctl\.cjs is of another build/);
});

test('the starter of the phases compiles what a boot needs, from the code cache; other words go to the other one', async (t) => {
  const spy = join(folder, 'compiled.cjs');
  writeFileSync(
    spy,
    `const vm = require('vm'); vm.Script = class extends vm.Script {
      constructor(code, options) {
        super(code, options); console.error('compiled:', code.length, this.cachedDataRejected);
      } };`,
  );
  const compiled = async (...args: string[]) => {
    const { stderr } = await ran(['--require', spy, phasesStarter, ...args]);
    const lines = stderr.split('\n');
    return {
      parts: lines.flatMap((line) => /^compiled: (\d+) false$/.exec(line)?.[1] ?? []).map(Number),
      said: lines.filter((line) => !line.startsWith('compiled: ')).join('\n'),
    };
  };
  // Nobody has started this machine from a medium of ours, or this is no root: nothing is applied.
  const refused = /^error: (This system is not Bhojpur OS|Only root can apply the configuration)/;
  for (const words of [['config'], ['config', '--initrd', '--boot']]) {
    const { parts, said } = await compiled(...words);
    t.is(parts.length, 1, words.join(' '));
    t.true((parts[0] ?? 0) * 5 < statSync(file).size, `${parts} characters are compiled`);
    t.regex(said, refused);
    t.is(said, (await ran([starter, ...words])).stderr);
  }
  for (const words of [
    ['config', '--bot'],
    ['config', 'get', 'no-such-key'],
    ['config', '--initrd', 'show'],
  ])
    t.is((await compiled(...words)).said, (await ran([starter, ...words])).stderr, words.join(' '));
  t.is((await ran([phasesStarter, '--version'])).stdout, (await ran([starter, '--version'])).stdout);
});

test('all of it is ASCII, which V8 holds in half the memory', (t) => {
  for (const path of [file, starter, phasesStarter])
    t.notRegex(readFileSync(path, 'latin1'), /[^\0-\x7f]/, path);
});

test('names of Node.js that are loaded when they are looked at are not looked at', async (t) => {
  const spy = join(folder, 'looks.cjs');
  const look = 'const real = Object.getOwnPropertyDescriptor; const util = require("node:util");';
  const shown = 'if (of === util && name === "TextDecoder") console.error("looked"); return real(of, name);';
  writeFileSync(spy, `${look} Object.getOwnPropertyDescriptor = (of, name) => { ${shown} };`);
  const { stdout, stderr } = await ran(['--require', spy, starter, 'completion', 'bash']);
  t.regex(stdout, /complete .*opsctl/);
  t.is(stderr, '');
});

test('the licences of what is inside', (t) => {
  const text = readFileSync(join(folder, 'one/opsctl.LICENSES.txt'), 'utf8');
  t.regex(text, /^commander \d\S+ \(MIT\)$/m);
  t.notRegex(text, /no licence text/);
});

test('what starts is commander and no other package', (t) => {
  const rows = explained
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/));
  const eager = rows.filter(([, atStart]) => atStart !== '0').map(([, , name]) => name);
  t.deepEqual(eager.toSorted(), ['commander', 'src']);
  t.true(rows.some(([, , name]) => name === 'got'));
});

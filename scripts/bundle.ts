/**
 * Bundles src/cli/main.ts into dist/opsctl.cjs: one CommonJS file with every library, as the OS and the single
 * executable need it. Dynamic imports become modules that are evaluated when first imported. The same sources give
 * the same bytes: no dates, no paths of this machine.
 *
 * Reading 1.5 MB of JavaScript takes V8 longer than `opsctl --version` may, whatever of it runs. So src/cli/run-command.ts
 * and all that it imports lies in the file as comments, which are skipped: our own part, which is compiled when it is
 * imported, and the large libraries, each compiled when a command first needs it. Both with the code cache that is
 * made beside it (opsctl.cache), where Node.js is the one that made it. Even skipping takes V8 10 ms: opsctl-start.cjs is
 * the code that starts alone, and reads the parts out of the bundle beside it. opsctl-phases.cjs starts nothing but the
 * phases of a boot: they are a part of their own once more, whose code cache is a fraction of the whole one.
 *
 *   bundle.ts [--output FILE] [--explain]
 *
 * `--explain` prints the packages inside and how much of each is compiled at every start.
 */
import * as crypto from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build, type Metafile, type Plugin } from 'esbuild';
import { execa } from 'execa';
import { grubTexts } from './bundle/grub-texts.ts';
import {
  bundleOf,
  compilingModule,
  libraries,
  ownPart,
  type Part,
  type PartsLie,
  phasesPart,
  requestOf,
  starterOf,
} from './bundle/working-part.ts';

const root = join(import.meta.dirname, '..');
const { values: given } = parseArgs({
  options: { output: { type: 'string' }, explain: { type: 'boolean', default: false } },
});
const target = resolve(given.output ?? join(root, 'dist/opsctl.cjs'));
const starter = target.replace(/\.cjs$/, '-start.cjs');
const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));

/** zod carries its messages in 50 languages, half of its size, and every start pays for reading them. */
const englishOnly: Plugin = {
  name: 'english-only',
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({
      contents: `export { default as en } from './en.js';`,
    }));
  },
};

/**
 * In a part that starts: run-command.ts and run-phases.ts compile the comments, and actions, which only these run, are
 * not there. What the phases' own one does not know, the other one does.
 */
const commandsApart = (parts: readonly Part[], lie: PartsLie): Plugin => ({
  name: 'commands-apart',
  setup: ({ onLoad, onResolve }) => {
    onResolve({ filter: /^\.\/run-(command|phases)\.ts$/ }, ({ path }) => ({ path, namespace: 'apart' }));
    onResolve({ filter: /^\.\/main\.ts$/ }, () => ({ path: `./${basename(starter)}`, external: true }));
    onResolve({ filter: /[/-]actions?\.ts$/ }, ({ path }) => ({ path, external: true }));
    // commander could start other programs. It never does here, and loading what it would take costs milliseconds.
    onResolve({ filter: /^node:child_process$/ }, () => ({ path: 'nothing', namespace: 'apart' }));
    onLoad({ filter: /^nothing$/, namespace: 'apart' }, () => ({ contents: '' }));
    onLoad({ filter: /run-command/, namespace: 'apart' }, () => ({
      resolveDir: root,
      contents: compilingModule(parts, lie, { name: 'runCommand', of: ownPart }),
    }));
    onLoad({ filter: /run-phases/, namespace: 'apart' }, () => ({
      resolveDir: root,
      contents: compilingModule(parts, lie, { name: 'runPhasesNamed', of: phasesPart }),
    }));
  },
});

/**
 * What Node.js takes longest to load, and most commands never use: processes 15 ms on a slow machine, cryptography 10. Each
 * is loaded when one of its names is first looked at.
 */
const lateModules = { 'node:child_process': ['spawn'], 'node:crypto': Object.keys(crypto) } as const;

/** In our own part: libraries are other parts, and so are these modules of Node.js in effect. */
const librariesApart: Plugin = {
  name: 'libraries-apart',
  setup: ({ onLoad, onResolve }) => {
    const names = new RegExp(`^(${libraries.join('|')})$`);
    onResolve({ filter: names }, ({ path }) => ({ path, namespace: 'library' }));
    onResolve({ filter: new RegExp(`^${requestOf('')}`) }, ({ path }) => ({ path, external: true }));
    onLoad({ filter: names, namespace: 'library' }, ({ path }) => ({
      contents: `export * from '${requestOf(path)}'; export { default } from '${requestOf(path)}';`,
    }));
    for (const [path, names] of Object.entries(lateModules)) {
      const filter = new RegExp(`^${path}$`);
      onResolve({ filter }, ({ namespace }) =>
        namespace === 'late' ? undefined : { path, namespace: 'late' },
      );
      onLoad({ filter, namespace: 'late' }, () => ({
        contents: `for (const name of ${JSON.stringify(names)}) Object.defineProperty(exports, name, { enumerable: true,
          get: () => require('${path}')[name] });`,
      }));
    }
  },
};

// Names stay, so that the stack of a bug can be read; but not in what each start reads over and only a developer's
// commands use.
const shortened: readonly string[] = ['execa'];
// Each begins a line, so that stacks have the columns of the file, too.
const parted = async (name: string, from: Bundled): Promise<Part & Bundled> => ({
  ...from,
  name,
  code: `\n${from.code.trimEnd()}`,
});
const parts = [
  await parted(
    ownPart,
    await bundled('src/cli/bundle-entry.ts', [englishOnly, librariesApart, grubTexts(root)]),
  ),
  await parted(
    phasesPart,
    await bundled('src/cli/run-phases.ts', [englishOnly, librariesApart, grubTexts(root)]),
  ),
  ...(await Promise.all(
    libraries.map(async (name) => parted(name, await bundled(name, [englishOnly], shortened.includes(name)))),
  )),
];
const startingPart = (lie: PartsLie, entry = 'src/cli/main.ts') =>
  bundled(entry, [englishOnly, commandsApart(parts, lie)]);
const starting = await startingPart('inside');
/** What starts, quicker than the bundle itself, and what starts the phases of a boot quicker still. */
const starters = [
  [starter, 'src/cli/main.ts'],
  [target.replace(/\.cjs$/, '-phases.cjs'), 'src/cli/phases-main.ts'],
] as const;

await mkdir(dirname(target), { recursive: true });
// Renamed into place, so that a program that is starting never reads half a bundle.
await writeFile(`${target}.tmp`, bundleOf(parts, starting.code), { mode: 0o755 });
for (const [path, entry] of starters)
  await writeFile(`${path}.tmp`, starterOf((await startingPart('beside', entry)).code), { mode: 0o755 });
await makeCodeCache();
await rename(`${target}.tmp`, target);
for (const [path] of starters) await rename(`${path}.tmp`, path);
await writeFile(join(dirname(target), 'opsctl.LICENSES.txt'), await licenses());
if (given.explain) explain();

interface Bundled {
  readonly code: string;
  readonly metafile: Metafile;
}

/** One entry point with everything that it imports, as the text of a CommonJS module. */
async function bundled(entry: string, plugins: Plugin[], minifyIdentifiers = false): Promise<Bundled> {
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: 'dist/opsctl.cjs',
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    // Modules are named in the bundle: by their place in node_modules, wherever a link puts that folder.
    preserveSymlinks: true,
    minifySyntax: true,
    minifyWhitespace: true,
    minifyIdentifiers,
    legalComments: 'none',
    define: { BUNDLED_VERSION: JSON.stringify(manifest.version) },
    // `import()` does not exist in a function that was compiled apart.
    supported: { 'dynamic-import': false },
    metafile: true,
    write: false,
    logLevel: 'warning',
    plugins,
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error(`esbuild made nothing of ${entry}`);
  return { code: quickToRead(entry, withoutLookingAt(file.text)), metafile };
}

/**
 * What a library imports whole is copied by esbuild, name by name, and each is looked at for whether it can be listed.
 * Node.js loads what is behind some names of node:util and node:crypto when they are looked at: 6 ms of each start.
 */
function withoutLookingAt(code: string): string {
  const looks = /enumerable:!\(desc=__getOwnPropDesc\((\w+),(\w+)\)\)\|\|desc\.enumerable/g;
  if (code.includes('__copyProps=') && code.search(looks) < 0)
    throw new Error('esbuild copies the names of a module in another way than bundle.ts knows');
  return code.replace(looks, (_, __, name) => `enumerable:${name}!=="__esModule"`);
}

/** One character beyond Latin-1 makes V8 hold all of the bundle in twice the memory. esbuild escapes all but patterns. */
function quickToRead(entry: string, code: string): string {
  const found = /.{0,60}[^\0-\x7f].{0,20}/.exec(code);
  if (found !== null) throw new Error(`${entry} has a pattern beyond ASCII: write it as \\u….\n${found[0]}`);
  return code;
}

/** Beside the bundle and before it: a cache that is not of this bundle is not used, one that is missing costs time. */
async function makeCodeCache(): Promise<void> {
  const cache = `${target.replace(/\.cjs$/, '')}.cache`;
  // A cache of Node's own, which a caller may have asked for, would change what V8 has compiled by then.
  const env = { NODE_DISABLE_COMPILE_CACHE: '1' };
  const flags = [
    ...[
      '--random-seed=1',
      '--initial-old-space-size=1024',
      '--no-sparkplug',
      '--no-concurrent-recompilation',
    ],
    ...['--min-semi-space-size=128', '--max-semi-space-size=128'],
  ];
  for (const script of ['code-cache.ts', 'renumber-cache.ts']) {
    const path = join(import.meta.dirname, 'bundle', script);
    await execa(process.execPath, [...flags, path, `${target}.tmp`, `${cache}.tmp`], { env });
  }
  await rename(`${cache}.tmp`, cache);
}

/** The packages whose code is in the bundle, as paths relative to the project: `node_modules/got`. */
function packagesIn(...parts: readonly Metafile[]): string[] {
  const paths = parts.flatMap(({ inputs }) => Object.keys(inputs));
  const folders = paths.flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  return [...new Set(folders)].sort();
}

/** The licence texts that travel with the bundle. */
async function licenses(): Promise<string> {
  const texts = packagesIn(starting.metafile, ...parts.map(({ metafile }) => metafile)).map(
    async (folder) => {
      const { name, version, license } = JSON.parse(
        await readFile(join(root, folder, 'package.json'), 'utf8'),
      );
      return `${name} ${version} (${license})\n\n${await licenseText(folder, license)}`;
    },
  );
  return `${(await Promise.all(texts)).join(`\n${'-'.repeat(80)}\n\n`)}\n`;
}

async function licenseText(folder: string, license: string): Promise<string> {
  for (const name of ['LICENSE', 'license', 'LICENSE.md', 'LICENSE.txt', 'license.md', 'LICENCE']) {
    const text = await readFile(join(root, folder, name), 'utf8').catch(() => undefined);
    if (text !== undefined) return text.trim();
  }
  // Some packages name a licence that has one text for all, and leave it out.
  const common = await readFile(join(root, `scripts/bundle/${license}.txt`), 'utf8').catch(() => undefined);
  return common?.trim() ?? 'The package carries no licence text.';
}

/** Bytes per package, and of these what is compiled before a command is known. */
function explain(): void {
  const rows = new Map<string, { bytes: number; start: number }>();
  for (const { metafile } of [starting, ...parts]) {
    for (const [path, { bytesInOutput }] of Object.entries(
      Object.values(metafile.outputs)[0]?.inputs ?? {},
    )) {
      const name = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? 'src';
      const row = rows.get(name) ?? { bytes: 0, start: 0 };
      row.bytes += bytesInOutput;
      if (metafile === starting.metafile) row.start += bytesInOutput;
      rows.set(name, row);
    }
  }
  console.log('     bytes   at start  package');
  for (const [name, { bytes, start }] of [...rows].sort(([, a], [, b]) => b.bytes - a.bytes)) {
    console.log(`${String(bytes).padStart(10)} ${String(start).padStart(10)}  ${name}`);
  }
}

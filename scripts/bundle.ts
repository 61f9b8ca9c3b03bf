/**
 * Bundles src/cli/main.ts into dist/opsctl.cjs: one CommonJS file with every library, as the OS and the single
 * executable need it. Dynamic imports become modules that are evaluated when first imported. The same sources give
 * the same bytes: no dates, no paths of this machine.
 *
 * Reading 1.5 MB of JavaScript takes V8 longer than `opsctl --version` may, whatever of it runs. So src/cli/work.ts
 * and all that it imports lies in the file as a comment, which is skipped, and is compiled when it is imported; so
 * does src/cli/remaster-work.ts, one command without the rest, which has a time to keep.
 *
 *   bundle.ts [--output FILE] [--explain]
 *
 * `--explain` prints the packages inside and how much of each is compiled at every start.
 */
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build, type Metafile, type Plugin } from 'esbuild';

const root = join(import.meta.dirname, '..');
const { values: given } = parseArgs({
  options: { output: { type: 'string' }, explain: { type: 'boolean', default: false } },
});
const target = resolve(given.output ?? join(root, 'dist/opsctl.cjs'));
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

/** What stands in the comment for the two characters that would end it; spelt otherwise where a part compiles one. */
const commentEnd = '*@/';

/** The parts that are comments, and the functions that these stand in. */
const parts = { work: 'bundledWork', 'remaster-work': 'bundledRemaster' } as const;
type PartName = keyof typeof parts;

/** In the part that starts: a part compiles its comment, and actions, which only parts run, are not there. */
const workApart: Plugin = {
  name: 'work-apart',
  setup: ({ onLoad, onResolve }) => {
    onResolve({ filter: /^\.\/(remaster-)?work\.ts$/ }, ({ path }) => ({
      path: path.slice(2, -3),
      namespace: 'apart',
    }));
    onResolve({ filter: /\/actions\/[^/]*\.ts$/ }, ({ path }) => ({ path, external: true }));
    // commander could start other programs. It never does here, and loading what it would take costs milliseconds.
    onResolve({ filter: /^node:child_process$/ }, () => ({ path: 'nothing', namespace: 'apart' }));
    onLoad({ filter: /^nothing$/, namespace: 'apart' }, () => ({ contents: '' }));
    onLoad({ filter: /work$/, namespace: 'apart' }, ({ path }) => ({
      resolveDir: root,
      contents: `${compiled(path as PartName)}\nexport const { work } = made.exports;`,
    }));
  },
};

/** Text of a module that compiles a part; what it exports is `made.exports`. */
function compiled(part: PartName): string {
  return `
    import { compileFunction } from 'node:vm';
    const text = ${parts[part]}.toString();
    const code = text.slice(text.indexOf('/*') + 2, text.lastIndexOf('*/')).replaceAll(['*', '/'].join('@'), ['*', '/'].join(''));
    const names = ['module', 'exports', 'require', '__filename', '__dirname', 'bundledWork'];
    // Each comment is in the line of its function: stacks have the lines of the file.
    const run = compileFunction(code, names, { filename: __filename, lineOffset: ${Object.keys(parts).indexOf(part) + 1} });
    const made = { exports: {} };
    run(made, made.exports, require, __filename, __dirname, bundledWork);
  `;
}

/** Large libraries that remaster-work.ts rarely wants: it takes them out of the part that has them anyway. */
const libraries = ['execa', 'got', 'yaml', 'zod'] as const;

const librariesElsewhere: Plugin = {
  name: 'libraries-elsewhere',
  setup: ({ onLoad, onResolve }) => {
    onResolve({ filter: new RegExp(`^(${libraries.join('|')})$`) }, ({ path }) => ({
      path,
      namespace: 'library',
    }));
    onLoad({ filter: /./, namespace: 'library' }, ({ path }) => ({
      resolveDir: root,
      contents: `
        const { libraries } = require('libraries-part');
        module.exports = libraries.${path}();
      `,
    }));
    onResolve({ filter: /^libraries-part$/ }, ({ path }) => ({ path, namespace: 'libraries' }));
    onLoad({ filter: /./, namespace: 'libraries' }, () => ({
      resolveDir: root,
      contents: `${compiled('work')}\nexport const { libraries } = made.exports;`,
    }));
  },
};

/** `require` would take the libraries' second copies, those in CommonJS. */
const oneCopy: Plugin = {
  name: 'one-copy',
  setup: ({ onResolve, resolve: find }) => {
    onResolve({ filter: new RegExp(`^(${libraries.join('|')})$`) }, ({ path, kind, resolveDir }) =>
      kind === 'require-call' ? find(path, { kind: 'import-statement', resolveDir }) : undefined,
    );
  },
};

/** Modules of Node.js that take milliseconds to load and are rarely used: loaded when something of them is called. */
const lateModules: Readonly<Record<string, readonly string[]>> = {
  'node:child_process': ['spawn', 'spawnSync'],
  'node:worker_threads': ['Worker'],
};

const loadedLate: Plugin = {
  name: 'loaded-late',
  setup: ({ onLoad, onResolve }) => {
    onResolve({ filter: /^node:(child_process|worker_threads)$/ }, ({ path }) => ({
      path,
      namespace: 'late',
    }));
    onLoad({ filter: /./, namespace: 'late' }, ({ path }) => ({
      // A function that is called with `new` may give another object.
      // Under another name, so that esbuild leaves it for later.
      contents: (lateModules[path] ?? []).reduce(
        (text, name) => `${text}
          exports.${name} = function (...given) {
            const { ${name} } = load('${path}');
            return new.target ? new ${name}(...given) : ${name}(...given);
          };`,
        'const load = require;',
      ),
    }));
  },
};

/** work.ts, and the libraries for whom the other part asks. */
const workEntry = `
  export { work } from './src/cli/work.ts';
  export const libraries = { ${libraries.map((name) => `${name}: () => require('${name}')`).join(', ')} };
`;

const starting = await bundled('src/cli/main.ts', [englishOnly, workApart]);
const working = await bundled({ text: workEntry }, [englishOnly, oneCopy]);
const remastering = await bundled('src/cli/remaster-work.ts', [englishOnly, librariesElsewhere, loadedLate]);
const bundle = [
  '#!/usr/bin/env node',
  commented(parts.work, working.code),
  commented(parts['remaster-work'], remastering.code),
  starting.code,
].join('\n');

/** A function that holds code as a comment. */
function commented(name: string, code: string): string {
  if (code.includes(commentEnd)) throw new Error(`${commentEnd} stands for itself in the bundle`);
  return `function ${name}(){/*${code.trimEnd().replaceAll('*/', commentEnd)}*/}`;
}

await mkdir(dirname(target), { recursive: true });
// Renamed into place, so that a program that is starting never reads half a bundle.
await writeFile(`${target}.tmp`, bundle);
await chmod(`${target}.tmp`, 0o755);
await rename(`${target}.tmp`, target);
await writeFile(join(dirname(target), 'opsctl.LICENSES.txt'), await licenses());
if (given.explain) explain();

/** One entry point with everything that it imports, as the text of a CommonJS module. */
async function bundled(
  entry: string | { readonly text: string },
  plugins: Plugin[],
): Promise<{ code: string; metafile: Metafile }> {
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    ...(typeof entry === 'string'
      ? { entryPoints: [entry] }
      : { stdin: { contents: entry.text, resolveDir: root, sourcefile: 'work-part.js' } }),
    outfile: 'dist/opsctl.cjs',
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    // Modules are named in the bundle: by their place in node_modules, wherever a link puts that folder.
    preserveSymlinks: true,
    // Names stay, so that the stack of a bug can be read.
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'none',
    define: { BUNDLED_VERSION: JSON.stringify(manifest.version), 'import.meta.url': 'bundleUrl' },
    banner: { js: 'const bundleUrl=require("node:url").pathToFileURL(__filename).href;' },
    // `import()` is not there in a function that was compiled apart.
    supported: { 'dynamic-import': false },
    metafile: true,
    write: false,
    logLevel: 'warning',
    plugins,
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error('esbuild made nothing');
  return { code: file.text, metafile };
}

/** The packages whose code is in the bundle, as paths relative to the project: `node_modules/got`. */
function packagesIn(...parts: readonly Metafile[]): string[] {
  const paths = parts.flatMap(({ inputs }) => Object.keys(inputs));
  const folders = paths.flatMap((path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []);
  return [...new Set(folders)].sort();
}

/** The licence texts that travel with the bundle. */
async function licenses(): Promise<string> {
  const texts = packagesIn(starting.metafile, working.metafile, remastering.metafile).map(async (folder) => {
    const { name, version, license } = JSON.parse(await readFile(join(root, folder, 'package.json'), 'utf8'));
    return `${name} ${version} (${license})\n\n${await licenseText(folder)}`;
  });
  return `${(await Promise.all(texts)).join(`\n${'-'.repeat(80)}\n\n`)}\n`;
}

async function licenseText(folder: string): Promise<string> {
  for (const name of ['LICENSE', 'license', 'LICENSE.md', 'LICENSE.txt', 'license.md', 'LICENCE']) {
    const text = await readFile(join(root, folder, name), 'utf8').catch(() => undefined);
    if (text !== undefined) return text.trim();
  }
  return 'The package carries no licence text.';
}

/** Bytes per package, and of these what is compiled before a command is known. */
function explain(): void {
  const rows = new Map<string, { bytes: number; start: number }>();
  for (const { metafile } of [starting, working, remastering]) {
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

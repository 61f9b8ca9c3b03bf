/**
 * Bundles src/cli/main.ts into dist/opsctl.cjs: one CommonJS file with every library, as the OS and the single
 * executable need it. Dynamic imports become modules that are evaluated when first imported. The same sources give
 * the same bytes: no dates, no paths of this machine.
 *
 *   bundle.ts [--output FILE] [--explain]
 *
 * `--explain` prints the packages inside and how much of each `opsctl --help` evaluates.
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

const { metafile, outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: ['src/cli/main.ts'],
  outfile: 'dist/opsctl.cjs',
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  // Names stay, so that the stack of a bug can be read.
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  define: { BUNDLED_VERSION: JSON.stringify(manifest.version), 'import.meta.url': 'bundleUrl' },
  banner: { js: '#!/usr/bin/env node\nconst bundleUrl=require("node:url").pathToFileURL(__filename).href;' },
  metafile: true,
  write: false,
  logLevel: 'warning',
  plugins: [englishOnly],
});

await mkdir(dirname(target), { recursive: true });
const [bundle] = outputFiles;
if (bundle === undefined) throw new Error('esbuild made no file');
// Renamed into place, so that a program that is starting never reads half a bundle.
await writeFile(`${target}.tmp`, bundle.contents);
await chmod(`${target}.tmp`, 0o755);
await rename(`${target}.tmp`, target);
await writeFile(join(dirname(target), 'opsctl.LICENSES.txt'), await licenses(metafile));
if (given.explain) explain(metafile);

/** The packages whose code is in the bundle, as paths relative to the project: `node_modules/got`. */
function packagesIn({ inputs }: Metafile): string[] {
  const folders = Object.keys(inputs).flatMap(
    (path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [],
  );
  return [...new Set(folders)].sort();
}

/** The licence texts that travel with the bundle. */
async function licenses(meta: Metafile): Promise<string> {
  const texts = packagesIn(meta).map(async (folder) => {
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

/** Bytes per package, and of these what is evaluated before a command is known. */
function explain(meta: Metafile): void {
  const eager = new Set<string>();
  // main.ts imports the other three in order to parse a command line.
  const queue = ['main', 'run', 'commands/index'].map((name) => `src/cli/${name}.ts`);
  queue.push('src/host/linux/index.ts');
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (eager.has(path)) continue;
    eager.add(path);
    for (const imported of meta.inputs[path]?.imports ?? []) {
      if (imported.kind !== 'dynamic-import' && !imported.external) queue.push(imported.path);
    }
  }
  const output = Object.values(meta.outputs)[0];
  const rows = new Map<string, { bytes: number; eager: number }>();
  for (const [path, { bytesInOutput }] of Object.entries(output?.inputs ?? {})) {
    const name = /^.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? 'src';
    const row = rows.get(name) ?? { bytes: 0, eager: 0 };
    row.bytes += bytesInOutput;
    if (eager.has(path)) row.eager += bytesInOutput;
    rows.set(name, row);
  }
  console.log('     bytes   at start  package');
  for (const [name, row] of [...rows].sort(([, a], [, b]) => b.bytes - a.bytes)) {
    console.log(`${String(row.bytes).padStart(10)} ${String(row.eager).padStart(10)}  ${name}`);
  }
}

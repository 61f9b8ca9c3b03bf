/**
 * Makes the code cache of a bundle: what V8 compiled of its parts on the ways that a boot takes through it.
 * Reading that takes a sixth of the time of compiling (https://v8.dev/blog/code-caching); in an emulated machine
 * that is half a second of each process.
 *
 *   node FLAGS code-cache.ts BUNDLE OUTPUT      # the flags are bundle.ts's
 *
 * They make it the same bytes each time, but for what renumber-cache.ts does next, and V8 reads it with the same ones
 * only. What V8 leaves between what it compiles shows in the cache, and is whatever was in that memory before: with so
 * much room it never tidies up, and all memory is new. What its faster compilers have had shows, too: none of them works
 * beside the program, where that would be a matter of time.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { Script } from 'node:vm';
import { rehearse, rehearsePhases } from './rehearse.ts';
import {
  cacheFile,
  compiledName,
  ownPart,
  partsOf,
  phasesPart,
  requestOf,
  sourceOf,
} from './working-part.ts';

const [bundle = '', output = ''] = process.argv.slice(2).map((path) => resolve(path));
const parts = partsOf(await readFile(bundle, 'utf8'));
// As the bundle itself compiles them, but for the name. All of them first, in the same order each time.
const scripts = new Map(
  parts.map(({ name, code }) => [name, new Script(sourceOf(code), { filename: compiledName })]),
);
const loaded = new Map<string, { exports: object }>();
const ownRequire = createRequire(bundle);
await rehearse(load(ownPart) as Parameters<typeof rehearse>[0]);
await rehearsePhases(load(phasesPart) as Parameters<typeof rehearsePhases>[0]);
// What no way led to has none.
const caches = parts.map(({ name }) =>
  loaded.has(name) ? (scripts.get(name)?.createCachedData() ?? new Uint8Array()) : new Uint8Array(),
);
await writeFile(output, cacheFile(parts, caches));
// A library's timer must not keep this alive.
process.exit(0);

function load(name: string): object {
  const known = loaded.get(name);
  if (known !== undefined) return known.exports;
  const made = { exports: {} };
  loaded.set(name, made);
  const inside = (request: string) =>
    request.startsWith(requestOf('')) ? load(request.slice(requestOf('').length)) : ownRequire(request);
  scripts.get(name)?.runInThisContext()(made, made.exports, inside, bundle, '/');
  return made.exports;
}

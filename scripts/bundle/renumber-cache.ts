/**
 * Writes what code-cache.ts made anew, for a Node.js without flags and with numbers that are the same each time. It
 * takes the flags that the cache was made with.
 *
 *   node FLAGS renumber-cache.ts BUNDLE CACHE
 *
 * V8 numbers every function of a process as it comes (`SharedFunctionInfo::unique_id`), Node's own among them, and the
 * numbers lie in the cache: they tell what standard error was, and which answer came first. Reading a cache gives its
 * functions the next free numbers, and nothing is awaited here. V8 refuses the cache of another version or set of
 * flags by itself and compiles then; that it belongs to this very text is for the digest to say, which both carry.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { cacheFile, cachesOf, compiledName, partsOf, sourceOf } from './working-part.ts';

const [bundle = '', file = ''] = process.argv.slice(2);
const parts = partsOf(readFileSync(bundle, 'utf8'));
const given = cachesOf(parts, readFileSync(file));
const scripts = parts.map(({ name, code }, index) => {
  const cachedData = given[index];
  if (cachedData === undefined || cachedData.length === 0) return undefined;
  const script = new Script(sourceOf(code), { filename: compiledName, cachedData });
  if (script.cachedDataRejected)
    throw new Error(`V8 refuses the code cache of ${name}: was it made with other flags?`);
  return script;
});
// The cache says which flags it is for. Each of these is 0 when nothing is said, or on.
for (const flag of process.execArgv) {
  setFlagsFromString(flag.startsWith('--no-') ? flag.replace('--no-', '--') : flag.replace(/=.*/, '=0'));
}
const renumbered = scripts.map((script) => script?.createCachedData() ?? new Uint8Array());
writeFileSync(file, cacheFile(parts, renumbered));

/**
 * Makes the code cache of a bundle: what V8 compiled of its working part on the ways that a boot takes through it.
 * Reading that takes a sixth of the time of compiling (https://v8.dev/blog/code-caching); in an emulated machine
 * that is half a second of each process.
 *
 *   node --random-seed=1 code-cache.ts BUNDLE OUTPUT
 *
 * The seed makes it the same bytes each time. V8 refuses the cache of another version or set of flags by itself and
 * compiles then; that it belongs to this very text is for the digest to say, which both carry.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { Script } from 'node:vm';
import { rehearse } from './rehearse.ts';
import { commentOf, digestOf, parameters } from './working-part.ts';

const [bundle = '', output = ''] = process.argv.slice(2).map((path) => resolve(path));
const code = commentOf(await readFile(bundle, 'utf8'));
// As the bundle itself compiles it, but for the name: where the bundle lies must not show.
const script = new Script(`(function(${parameters}){${code}\n})`, { filename: 'opsctl.cjs', lineOffset: 1 });
const made = { exports: {} as Parameters<typeof rehearse>[0] };
script.runInThisContext()(made, made.exports, createRequire(bundle), bundle, '/');
await rehearse(made.exports);
await writeFile(output, Buffer.concat([Buffer.from(digestOf(code), 'latin1'), script.createCachedData()]));
// A library's timer must not keep this alive.
process.exit(0);

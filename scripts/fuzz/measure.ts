/**
 * What a parser takes for hostile inputs: `measure.ts PARSER SEED COUNT` looks at its seeds, at what was found, and at
 * COUNT inputs that are changed at random, and prints one line of JSON: how many, the most processor time of one in
 * milliseconds, the most memory of one in bytes, and what was thrown that may not be.
 */
import { seedsOf } from '../../test/corpus/found.ts';
import { parsers } from '../../test/corpus/parsers/index.ts';
import { changedInput, inputRandom } from './change.ts';
import { type Look, lookAt } from './judge.ts';

const [name = '', seed = '0', count = '0'] = process.argv.slice(2);
const parser = parsers[name];
if (parser === undefined) throw new Error(`there is no parser ${name}`);
const seeds = seedsOf(name);
const changed = Array.from({ length: Number(count) }, (_, index) =>
  changedInput(seeds, inputRandom(Number(seed), index)),
);
// Loaded and warm before anything is measured.
for (const input of parser.seeds()) await lookAt(parser, input);

const looks: Look[] = [];
for (const input of [...seeds, ...changed]) {
  const first = await lookAt(parser, input);
  // What is slow once may have waited for the compiler.
  looks.push(first.cpuMs < 200 ? first : { ...first, cpuMs: (await lookAt(parser, input)).cpuMs });
}
console.log(
  JSON.stringify({
    inputs: looks.length,
    cpuMs: Math.max(...looks.map(({ cpuMs }) => cpuMs)),
    memory: Math.max(...looks.map(({ memory }) => memory)),
    thrown: looks.flatMap(({ thrown }) => (thrown === undefined ? [] : [String(thrown)])),
  }),
);

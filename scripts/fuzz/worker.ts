/**
 * Looks at inputs until it is stopped: `worker.ts PARSER SEED FIRST PROGRESS`. The number of the input that it looks at
 * stands in the file PROGRESS (8 bytes, little-endian), so that whoever waits for it knows what it died of.
 */
import { openSync, writeSync } from 'node:fs';
import { seedsOf } from '../../test/corpus/found.ts';
import { parsers } from '../../test/corpus/parsers/index.ts';
import { changedInput, inputRandom } from './change.ts';
import { judge } from './judge.ts';

const [name = '', seed = '0', first = '0', progress = ''] = process.argv.slice(2);
const parser = parsers[name];
if (parser === undefined) throw new Error(`there is no parser ${name}`);
const seeds = seedsOf(name);
const file = openSync(progress, 'r+');
const number = Buffer.alloc(8);

// Loaded and warm before anything is measured.
for (const input of seeds) await judge(parser, input);
process.send?.('ready');
for (let index = Number(first); ; index += 1) {
  number.writeBigUInt64LE(BigInt(index));
  writeSync(file, number, 0, 8, 0);
  const input = changedInput(seeds, inputRandom(Number(seed), index));
  const fault = await judge(parser, input);
  if (fault !== undefined)
    await new Promise((sent) => process.send?.({ index, ...fault, input: input.toString('base64') }, sent));
}

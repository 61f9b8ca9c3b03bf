/** Changes of an input, each the same for the same random numbers. Pure. */

import { type Random, randomFrom } from '../random.ts';

/** Of input `index` of the run with this seed: any input can be made again without those before it. */
export const inputRandom = (seed: number, index: number): Random =>
  randomFrom(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));

/** What hostile inputs are promised to be small against, in bytes. */
export const largestInput = 2 * 2 ** 20;

/** Limits of fields of 8, 16, 32 and 64 bits, and what lies beside them. */
const boundaries = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff];
/** What stands for something in one of the formats. */
const tokens = [
  ...[
    '"',
    "'",
    '\\',
    '\n',
    '\r\n',
    '\t',
    ' ',
    '\0',
    '$',
    '${',
    '{',
    '}',
    '[',
    ']',
    '(',
    ')',
    '#',
    '&a ',
    '*a ',
    '<<: ',
  ],
  ...[
    '!!binary ',
    '|-\n',
    '---',
    '- ',
    ': ',
    '=',
    '==',
    ';',
    ',',
    '/',
    '../',
    './',
    '\u00a0',
    '\u{1f4a5}',
    '\ufeff',
  ],
  ...[
    'menuentry a {\n',
    'submenu ',
    'if ',
    'fi\n',
    'label a\n',
    'append ',
    'linux ',
    'include a\n',
    'bos:\n',
    '1e999',
  ],
];

type Change = (input: Buffer, random: Random, others: readonly Uint8Array[]) => Uint8Array;

const place = (input: Uint8Array, random: Random) => random(input.length + 1);
const spliced = (input: Buffer, from: number, removed: number, inserted: Uint8Array): Buffer =>
  Buffer.concat([input.subarray(0, from), inserted, input.subarray(from + removed)]);

function piece(input: Buffer, random: Random, longest: number): Buffer {
  const from = place(input, random);
  return input.subarray(from, from + 1 + random(Math.min(longest, input.length)));
}

const changes: readonly Change[] = [
  (input, random) => {
    const copy = Buffer.from(input);
    const at = random(copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << random(8));
    return copy;
  },
  (input, random) => {
    const width = [1, 2, 4][random(3)] ?? 1;
    const value = boundaries[random(boundaries.length)] ?? 0;
    const number = Buffer.alloc(4);
    if (random(2) === 0) number.writeUInt32LE(value);
    else number.writeUInt32BE(value);
    return spliced(input, place(input, random), width, number.subarray(0, width));
  },
  (input, random) => spliced(input, place(input, random), random(64), Buffer.alloc(0)),
  (input, random) => input.subarray(0, place(input, random)),
  (input, random) => spliced(input, place(input, random), 0, piece(input, random, 256)),
  (input, random) =>
    spliced(input, place(input, random), 0, Buffer.from(tokens[random(tokens.length)] ?? '')),
  (input, random, others) => {
    const other = Buffer.from(others[random(others.length)] ?? input);
    return spliced(input, place(input, random), random(256), piece(other, random, 4096));
  },
  (input, random) => {
    const copy = Buffer.from(input);
    piece(copy, random, 4096).copy(copy, place(copy, random));
    return copy;
  },
];

/** One thing many times over, as what grows faster than its input needs it. */
function repeated(input: Buffer, random: Random): Buffer {
  const token = Buffer.from(tokens[random(tokens.length)] ?? ' ');
  const other = Buffer.from(tokens[random(tokens.length)] ?? ' ');
  const unit = [token, Buffer.concat([token, other]), piece(input, random, 200)][random(3)] ?? token;
  const length = 2 ** (10 + random(12)) - Math.min(input.length, 2 ** 19);
  if (unit.length === 0 || length <= 0) return input;
  return spliced(input, place(input, random), 0, Buffer.alloc(length, unit));
}

/** A number of changes of one of the seeds, at most `largestInput` bytes. */
export function changedInput(seeds: readonly Uint8Array[], random: Random): Buffer {
  let input: Buffer = Buffer.from(seeds[random(seeds.length)] ?? []);
  for (let left = 1 + random(8); left > 0; left -= 1) {
    const change = changes[random(changes.length)];
    if (change !== undefined) input = Buffer.from(change(input, random, seeds));
  }
  if (random(16) === 0) input = repeated(input, random);
  return input.subarray(0, largestInput);
}

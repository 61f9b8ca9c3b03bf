/**
 * A raw stream of LZMA without a header, as GRUB packs its core image (lc=3, lp=0, pb=2, no end marker). After the
 * LZMA specification by Igor Pavlov (LZMA SDK, lzma-specification.txt); names are those of its sections.
 */

const topValue = 2 ** 24;
const lengthBits = { low: 3, mid: 3, high: 8 } as const;
const matchMinimum = 2;
const literalContextBits = 3;
const positionBits = 2;

/**
 * The `size` bytes that the stream at the beginning of `input` unpacks to, and how much of the input that took.
 * Undefined when it is no such stream: there is no checksum, so what comes out may still be nonsense.
 */
export function decodeLzma(
  input: Uint8Array,
  size: number,
  { output = new Uint8Array(size), work = { left: Number.POSITIVE_INFINITY } }: LzmaOptions = {},
): { readonly output: Uint8Array; readonly used: number } | undefined {
  // The range coder's first byte is always 0.
  if (input[0] !== 0) return undefined;
  const coder = new RangeDecoder(input);
  const models = allModels();
  const window = { output, done: 0 };
  let state = 0;
  let distances: Distances = [0, 0, 0, 0];
  while (window.done < size) {
    work.left -= 1;
    if (work.left < 0 || coder.used > input.length + 4) return undefined;
    const position = window.done & ((1 << positionBits) - 1);
    if (coder.bit(models.isMatch, (state << positionBits) + position) === 0) {
      append(window, decodeLiteral(coder, models.literals, window, state < 7 ? undefined : distances[0]));
      state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
      continue;
    }
    const match = decodeMatch(coder, models, { state, position, distances });
    ({ state, distances } = match);
    const [distance] = distances;
    if (distance >= window.done) return undefined;
    for (let left = match.length; left > 0 && window.done < size; left -= 1)
      append(window, window.output[window.done - distance - 1] ?? 0);
  }
  return { output: window.output, used: coder.used };
}

export interface LzmaOptions {
  /** Where it is put, at least `size` bytes: for many attempts one is enough. */
  readonly output?: Uint8Array;
  /** Steps that may still be taken, for each of which a byte or a run of bytes comes out. */
  readonly work?: { left: number };
}

/** What is unpacked so far. */
interface Window {
  readonly output: Uint8Array;
  done: number;
}

function append(window: Window, byte: number): void {
  window.output[window.done] = byte;
  window.done += 1;
}

/** How far back the last four matches reached, the latest first; 0 is the byte before. */
type Distances = readonly [number, number, number, number];

/** "The main decoding algorithm": a byte alone, after which a match did not go on when `distance` is given. */
function decodeLiteral(
  coder: RangeDecoder,
  literals: Uint16Array,
  { output, done }: Window,
  distance: number | undefined,
): number {
  const previous = done === 0 ? 0 : (output[done - 1] ?? 0);
  const first = 0x300 * (previous >> (8 - literalContextBits));
  let symbol = 1;
  if (distance !== undefined) {
    let match = output[done - distance - 1] ?? 0;
    while (symbol < 0x100) {
      const matchBit = (match >> 7) & 1;
      match <<= 1;
      const bit = coder.bit(literals, first + ((1 + matchBit) << 8) + symbol);
      symbol = (symbol << 1) | bit;
      if (matchBit !== bit) break;
    }
  }
  while (symbol < 0x100) symbol = (symbol << 1) | coder.bit(literals, first + symbol);
  return symbol & 0xff;
}

interface Context {
  readonly state: number;
  readonly position: number;
  readonly distances: Distances;
}

/** A run of bytes that were there before: at a new distance, or at one of the last four. */
function decodeMatch(
  coder: RangeDecoder,
  models: ReturnType<typeof allModels>,
  { state, position, distances }: Context,
): { readonly length: number; readonly state: number; readonly distances: Distances } {
  const [rep0, rep1, rep2, rep3] = distances;
  if (coder.bit(models.isRep, state) === 0) {
    const length = decodeLength(coder, models.matchLengths, position);
    const distance = decodeDistance(coder, models, length);
    return {
      length: length + matchMinimum,
      state: state < 7 ? 7 : 10,
      distances: [distance, rep0, rep1, rep2],
    };
  }
  let order = distances;
  if (coder.bit(models.isRepG0, state) === 0) {
    if (coder.bit(models.isRep0Long, (state << positionBits) + position) === 0)
      return { length: 1, state: state < 7 ? 9 : 11, distances };
  } else if (coder.bit(models.isRepG1, state) === 0) order = [rep1, rep0, rep2, rep3];
  else if (coder.bit(models.isRepG2, state) === 0) order = [rep2, rep0, rep1, rep3];
  else order = [rep3, rep0, rep1, rep2];
  const length = decodeLength(coder, models.repLengths, position);
  return { length: length + matchMinimum, state: state < 7 ? 8 : 11, distances: order };
}

function decodeLength(coder: RangeDecoder, models: LengthModels, position: number): number {
  if (coder.bit(models.choice, 0) === 0)
    return coder.tree(models.low, lengthBits.low, position << lengthBits.low);
  if (coder.bit(models.choice, 1) === 0)
    return 8 + coder.tree(models.mid, lengthBits.mid, position << lengthBits.mid);
  return 16 + coder.tree(models.high, lengthBits.high);
}

function decodeDistance(
  coder: RangeDecoder,
  { positionSlots, positionSpecial, positionAlign }: ReturnType<typeof allModels>,
  length: number,
): number {
  const slot = coder.tree(positionSlots[Math.min(length, 3)] as Uint16Array, 6);
  if (slot < 4) return slot;
  const count = (slot >> 1) - 1;
  const base = (2 | (slot & 1)) * 2 ** count;
  if (slot < 14) return base + coder.reverseTree(positionSpecial, count, base - slot);
  return base + coder.directBits(count - 4) * 16 + coder.reverseTree(positionAlign, 4);
}

/** "Range decoder": bits of known probability, and such that are as likely as not. */
class RangeDecoder {
  readonly #input: Uint8Array;
  #range = 0xffffffff;
  #code: number;
  /** Bytes of the input that it took. */
  used = 5;

  constructor(input: Uint8Array) {
    const [, first = 0, second = 0, third = 0, fourth = 0] = input;
    this.#input = input;
    this.#code = ((first << 24) | (second << 16) | (third << 8) | fourth) >>> 0;
  }

  bit(probabilities: Uint16Array, index: number): number {
    const probability = probabilities[index] ?? 1024;
    const bound = (this.#range >>> 11) * probability;
    const value = this.#code < bound ? 0 : 1;
    if (value === 0) {
      probabilities[index] = probability + ((2048 - probability) >> 5);
      this.#range = bound;
    } else {
      probabilities[index] = probability - (probability >> 5);
      this.#code = (this.#code - bound) >>> 0;
      this.#range = (this.#range - bound) >>> 0;
    }
    this.#normalize();
    return value;
  }

  directBits(count: number): number {
    let value = 0;
    for (let left = count; left > 0; left -= 1) {
      this.#range >>>= 1;
      const bit = this.#code >= this.#range ? 1 : 0;
      if (bit === 1) this.#code = (this.#code - this.#range) >>> 0;
      this.#normalize();
      value = value * 2 + bit;
    }
    return value;
  }

  tree(probabilities: Uint16Array, bits: number, first = 0): number {
    let node = 1;
    for (let left = bits; left > 0; left -= 1) node = (node << 1) | this.bit(probabilities, first + node);
    return node - (1 << bits);
  }

  reverseTree(probabilities: Uint16Array, bits: number, first = 0): number {
    let node = 1;
    let value = 0;
    for (let index = 0; index < bits; index += 1) {
      const bit = this.bit(probabilities, first + node);
      node = (node << 1) | bit;
      value |= bit << index;
    }
    return value;
  }

  #normalize(): void {
    if (this.#range >= topValue) return;
    this.#range = (this.#range << 8) >>> 0;
    this.#code = ((this.#code << 8) | (this.#input[this.used] ?? 0)) >>> 0;
    this.used += 1;
  }
}

const probabilities = (count: number) => new Uint16Array(count).fill(1024);

const allModels = () => ({
  literals: probabilities(0x300 << literalContextBits),
  isMatch: probabilities(12 << positionBits),
  isRep: probabilities(12),
  isRepG0: probabilities(12),
  isRepG1: probabilities(12),
  isRepG2: probabilities(12),
  isRep0Long: probabilities(12 << positionBits),
  positionSlots: [probabilities(64), probabilities(64), probabilities(64), probabilities(64)] as const,
  positionSpecial: probabilities(128),
  positionAlign: probabilities(16),
  matchLengths: lengthModels(),
  repLengths: lengthModels(),
});

type LengthModels = ReturnType<typeof lengthModels>;

const lengthModels = () => ({
  choice: probabilities(2),
  low: probabilities(8 << positionBits),
  mid: probabilities(8 << positionBits),
  high: probabilities(256),
});

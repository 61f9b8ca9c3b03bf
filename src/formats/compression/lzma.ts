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
): { readonly output: Uint8Array; readonly used: number } | undefined {
  // The range coder's first byte is always 0.
  if (input[0] !== 0) return undefined;
  let range = 0xffffffff;
  let code =
    (((input[1] ?? 0) << 24) | ((input[2] ?? 0) << 16) | ((input[3] ?? 0) << 8) | (input[4] ?? 0)) >>> 0;
  let at = 5;
  const normalize = () => {
    if (range >= topValue) return;
    range = (range << 8) >>> 0;
    code = ((code << 8) | (input[at] ?? 0)) >>> 0;
    at += 1;
  };
  const bit = (probabilities: Uint16Array, index: number): number => {
    const probability = probabilities[index] ?? 1024;
    const bound = (range >>> 11) * probability;
    let value: number;
    if (code < bound) {
      probabilities[index] = probability + ((2048 - probability) >> 5);
      range = bound;
      value = 0;
    } else {
      probabilities[index] = probability - (probability >> 5);
      code = (code - bound) >>> 0;
      range = (range - bound) >>> 0;
      value = 1;
    }
    normalize();
    return value;
  };
  const directBits = (count: number): number => {
    let value = 0;
    for (let left = count; left > 0; left -= 1) {
      range >>>= 1;
      const one = code >= range ? 1 : 0;
      if (one === 1) code = (code - range) >>> 0;
      normalize();
      value = value * 2 + one;
    }
    return value;
  };
  const tree = (probabilities: Uint16Array, bits: number, from = 0): number => {
    let node = 1;
    for (let left = bits; left > 0; left -= 1) node = (node << 1) | bit(probabilities, from + node);
    return node - (1 << bits);
  };
  const reverseTree = (probabilities: Uint16Array, bits: number, from = 0): number => {
    let node = 1;
    let value = 0;
    for (let i = 0; i < bits; i += 1) {
      const one = bit(probabilities, from + node);
      node = (node << 1) | one;
      value |= one << i;
    }
    return value;
  };

  const literals = table(0x300 << literalContextBits);
  const isMatch = table(12 << positionBits);
  const isRep = table(12);
  const isRepG0 = table(12);
  const isRepG1 = table(12);
  const isRepG2 = table(12);
  const isRep0Long = table(12 << positionBits);
  const positionSlots = [table(64), table(64), table(64), table(64)] as const;
  const positionSpecial = table(128);
  const positionAlign = table(16);
  const lengths = { match: lengthTables(), rep: lengthTables() };

  const readLength = (tables: ReturnType<typeof lengthTables>, position: number): number => {
    if (bit(tables.choice, 0) === 0) return tree(tables.low, lengthBits.low, position << lengthBits.low);
    if (bit(tables.choice, 1) === 0) return 8 + tree(tables.mid, lengthBits.mid, position << lengthBits.mid);
    return 16 + tree(tables.high, lengthBits.high);
  };
  const readDistance = (length: number): number => {
    const slot = tree(positionSlots[Math.min(length, 3)] as Uint16Array, 6);
    if (slot < 4) return slot;
    const count = (slot >> 1) - 1;
    const base = (2 | (slot & 1)) * 2 ** count;
    if (slot < 14) return base + reverseTree(positionSpecial, count, base - slot);
    return base + directBits(count - 4) * 16 + reverseTree(positionAlign, 4);
  };

  const output = new Uint8Array(size);
  let done = 0;
  let state = 0;
  let [rep0, rep1, rep2, rep3] = [0, 0, 0, 0];
  while (done < size) {
    if (at > input.length + 4) return undefined;
    const position = done & ((1 << positionBits) - 1);
    if (bit(isMatch, (state << positionBits) + position) === 0) {
      const previous = done === 0 ? 0 : (output[done - 1] ?? 0);
      const from = 0x300 * (previous >> (8 - literalContextBits));
      let symbol = 1;
      if (state >= 7) {
        let match = output[done - rep0 - 1] ?? 0;
        while (symbol < 0x100) {
          const matchBit = (match >> 7) & 1;
          match <<= 1;
          const one = bit(literals, from + ((1 + matchBit) << 8) + symbol);
          symbol = (symbol << 1) | one;
          if (matchBit !== one) break;
        }
      }
      while (symbol < 0x100) symbol = (symbol << 1) | bit(literals, from + symbol);
      output[done] = symbol & 0xff;
      done += 1;
      state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
      continue;
    }
    let length: number;
    if (bit(isRep, state) === 0) {
      [rep3, rep2, rep1] = [rep2, rep1, rep0];
      length = readLength(lengths.match, position);
      state = state < 7 ? 7 : 10;
      rep0 = readDistance(length);
    } else {
      if (bit(isRepG0, state) === 0) {
        if (bit(isRep0Long, (state << positionBits) + position) === 0) {
          if (rep0 >= done) return undefined;
          output[done] = output[done - rep0 - 1] ?? 0;
          done += 1;
          state = state < 7 ? 9 : 11;
          continue;
        }
      } else if (bit(isRepG1, state) === 0) {
        [rep0, rep1] = [rep1, rep0];
      } else if (bit(isRepG2, state) === 0) {
        [rep0, rep1, rep2] = [rep2, rep0, rep1];
      } else {
        [rep0, rep1, rep2, rep3] = [rep3, rep0, rep1, rep2];
      }
      length = readLength(lengths.rep, position);
      state = state < 7 ? 8 : 11;
    }
    if (rep0 >= done) return undefined;
    for (let left = length + matchMinimum; left > 0 && done < size; left -= 1) {
      output[done] = output[done - rep0 - 1] ?? 0;
      done += 1;
    }
  }
  return { output, used: at };
}

const table = (length: number) => new Uint16Array(length).fill(1024);

const lengthTables = () => ({
  choice: table(2),
  low: table(8 << positionBits),
  mid: table(8 << positionBits),
  high: table(256),
});

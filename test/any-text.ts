/**
 * Texts of any code points but halves of surrogates. The unit "binary" of fast-check draws the same, and takes a second of
 * each process to get ready.
 */
import fc, { type Arbitrary, type StringSharedConstraints } from 'fast-check';

const codePoint = fc
  .oneof(
    fc.integer({ min: 0, max: 0xff }),
    fc.integer({ min: 0, max: 0xd7ff }),
    fc.integer({ min: 0xe000, max: 0x10ffff }),
  )
  .map((code) => String.fromCodePoint(code));

export const anyText = (limits: StringSharedConstraints = {}): Arbitrary<string> =>
  fc.string({ ...limits, unit: codePoint });

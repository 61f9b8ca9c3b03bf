/** Which bytes of a file a request asks for (RFC 9110, section 14). Pure. */
import { type ByteRange, endOf } from '../../formats/byte-range.ts';

/** Nobody who means well asks for more of them; our own clients send 128 at a time. */
const mostRanges = 256;

export type Asked =
  | { readonly kind: 'whole' }
  | { readonly kind: 'ranges'; readonly ranges: readonly ByteRange[] }
  | { readonly kind: 'unsatisfiable' };

const whole: Asked = { kind: 'whole' };

/**
 * What a Range header asks of `size` bytes. One that is not understood is as if it were not there (14.2), and so are more
 * ranges than anybody needs. Ranges that overlap or touch become one, which 15.3.7.2 allows: no byte is sent twice.
 */
export function askedRanges(header: string | undefined, size: number): Asked {
  const [, list] = /^bytes=(.*)$/is.exec(header ?? '') ?? [];
  if (list === undefined) return whole;
  // RFC 9110, 5.6.1: empty elements of a list are passed over.
  const specs = list.split(',').map((spec) => spec.replace(/^[ \t]+|[ \t]+$/g, ''));
  const given = specs.filter((spec) => spec !== '');
  if (given.length === 0 || given.length > mostRanges) return whole;
  const ranges: ByteRange[] = [];
  for (const spec of given) {
    const range = rangeOf(spec, size);
    if (range === 'invalid') return whole;
    if (range !== undefined) ranges.push(range);
  }
  return ranges.length === 0 ? { kind: 'unsatisfiable' } : { kind: 'ranges', ranges: coalesced(ranges) };
}

/** `FIRST-`, `FIRST-LAST` or `-LENGTH` (14.1.1); undefined for one that is behind the end. */
function rangeOf(spec: string, size: number): ByteRange | undefined | 'invalid' {
  const [, first = '', last = ''] = /^(\d*)-(\d*)$/.exec(spec) ?? [];
  if (first === '' && last === '') return 'invalid';
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? undefined : { offset: size - length, length };
  }
  // Beyond 2^53 a number is not exact any more, and behind the end of every file.
  const [offset, end] = [Number(first), last === '' ? size : Math.min(size, Number(last) + 1)];
  if (last !== '' && BigInt(last) < BigInt(first)) return 'invalid';
  return offset >= size ? undefined : { offset, length: end - offset };
}

/** In the order in which they were asked for; each where the first of those stood that became one. */
function coalesced(ranges: readonly ByteRange[]): ByteRange[] {
  const sorted = ranges.map((range, index) => ({ ...range, index })).toSorted((a, b) => a.offset - b.offset);
  const joined: { offset: number; length: number; index: number }[] = [];
  for (const range of sorted) {
    const last = joined.at(-1);
    if (last !== undefined && range.offset <= endOf(last)) {
      last.length = Math.max(endOf(last), endOf(range)) - last.offset;
      last.index = Math.min(last.index, range.index);
    } else joined.push({ ...range });
  }
  return joined.toSorted((a, b) => a.index - b.index).map(({ offset, length }) => ({ offset, length }));
}

/**
 * Whether a Range counts (13.1.5): the tag must be the same strong one. A date never is, as no Last-Modified is sent.
 */
export const rangeCounts = (ifRange: string | undefined, etag: string): boolean =>
  ifRange === undefined || ifRange.trim() === etag;

/** Whether the client has it already (13.1.2): compared weakly, any of a list, `*` for whatever there is. */
export function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  return [...ifNoneMatch.matchAll(/(?:W\/)?("[^"]*")/g)].some(([, tag]) => tag === etag);
}

/** Whether If-Match (13.1.1) lets the request through: compared strongly. */
export function isWanted(ifMatch: string | undefined, etag: string): boolean {
  if (ifMatch === undefined || ifMatch.trim() === '*') return true;
  return [...ifMatch.matchAll(/(W\/)?("[^"]*")/g)].some(
    ([, weak, tag]) => weak === undefined && tag === etag,
  );
}

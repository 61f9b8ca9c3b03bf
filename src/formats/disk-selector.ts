/**
 * How a disk is named: by its path, or by criteria that it must meet, joined with commas:
 * `serial=S3Z9`, `model=Samsung*,size>=500G`, `transport=nvme,smallest`. Syntax alone; src/disk/select/match.ts applies it.
 */
import { parseSize } from './size.ts';

export type DiskCriterion =
  /** `*` and `?` stand for any text and any character. */
  | { readonly by: 'serial' | 'model' | 'transport'; readonly pattern: string }
  /** Bytes, the bound itself included. */
  | { readonly by: 'size'; readonly bound: 'least' | 'most'; readonly bytes: number };

export type DiskSelector =
  | { readonly kind: 'path'; readonly path: string }
  | {
      readonly kind: 'criteria';
      readonly criteria: readonly DiskCriterion[];
      /** Of those that meet all criteria, whatever their order in the text. */
      readonly rank?: 'smallest' | 'largest';
    };

export type SelectorReading = { readonly selector: DiskSelector } | { readonly expected: string };

const forms =
  'expected a path such as /dev/vda or /dev/disk/by-id/NAME, or criteria joined with commas: serial=TEXT, ' +
  'model=TEXT, transport=TEXT, size>=SIZE, size<=SIZE, smallest, largest';

/** Reads a selector, or says what was expected instead. A text that begins with a slash is a path as it stands. */
export function readDiskSelector(text: string): SelectorReading {
  if (text.startsWith('/')) return { selector: { kind: 'path', path: text } };
  const criteria: DiskCriterion[] = [];
  let rank: 'smallest' | 'largest' | undefined;
  for (const word of text.split(',').map((part) => part.trim())) {
    if (word === 'smallest' || word === 'largest') {
      if (rank !== undefined) return { expected: 'expected smallest or largest once' };
      rank = word;
      continue;
    }
    const read = readCriterion(word);
    if ('expected' in read) return read;
    criteria.push(read);
  }
  return { selector: { kind: 'criteria', criteria, ...(rank === undefined ? {} : { rank }) } };
}

function readCriterion(word: string): DiskCriterion | { readonly expected: string } {
  const [, name = '', sign = '', value = ''] = /^([a-z]+)\s*(>=|<=|=)\s*(.+)$/s.exec(word) ?? [];
  if (name === 'size' && sign !== '=') {
    const bytes = parseSize(value);
    if (bytes === undefined)
      return { expected: `expected a size such as 500G or 1.5TiB after ${name}${sign}` };
    return { by: 'size', bound: sign === '>=' ? 'least' : 'most', bytes };
  }
  if (sign === '=' && (name === 'serial' || name === 'model' || name === 'transport'))
    return { by: name, pattern: value };
  return { expected: forms };
}

/** The text that reads back as the same selector. */
export function renderDiskSelector(selector: DiskSelector): string {
  if (selector.kind === 'path') return selector.path;
  const words = selector.criteria.map((criterion) =>
    criterion.by === 'size'
      ? `size${criterion.bound === 'least' ? '>=' : '<='}${criterion.bytes}`
      : `${criterion.by}=${criterion.pattern}`,
  );
  return [...words, ...(selector.rank === undefined ? [] : [selector.rank])].join(',');
}

/**
 * True when the selector can mean one disk only in the eyes of who wrote it: a path or a whole serial number. Such a
 * disk was named; any other is chosen by what it is like.
 */
export function namesOneDisk(selector: DiskSelector): boolean {
  if (selector.kind === 'path') return true;
  return selector.criteria.some((criterion) => criterion.by === 'serial' && !/[*?]/.test(criterion.pattern));
}

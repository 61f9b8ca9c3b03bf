/** Which disks meet criteria: text as a person reads it in a list of disks, sizes in bytes. Pure. */
import type { DiskCriterion, DiskSelector } from '../../formats/disk-selector.ts';
import type { DiskFacts } from '../facts.ts';

type Criteria = Extract<DiskSelector, { kind: 'criteria' }>;

/** The disks that meet every criterion, in their order. What is not known of a disk meets none. */
export function matchingDisks(disks: readonly DiskFacts[], { criteria }: Criteria): DiskFacts[] {
  return disks.filter((disk) => criteria.every((criterion) => meets(disk, criterion)));
}

/** Those that are smallest or largest, all of them where several are the same size; all without a rank. */
export function ranked(disks: readonly DiskFacts[], { rank }: Criteria): DiskFacts[] {
  if (rank === undefined) return [...disks];
  const sizes = disks.map((disk) => disk.size);
  const wanted = rank === 'smallest' ? Math.min(...sizes) : Math.max(...sizes);
  return disks.filter((disk) => disk.size === wanted);
}

function meets(disk: DiskFacts, criterion: DiskCriterion): boolean {
  if (criterion.by === 'size')
    return criterion.bound === 'least' ? disk.size >= criterion.bytes : disk.size <= criterion.bytes;
  const known = disk[criterion.by];
  return known !== undefined && matchesText(known, criterion.pattern);
}

/** Upper and lower case are the same, and so are blanks and the underscores that udev writes for them. */
function matchesText(text: string, pattern: string): boolean {
  return matchesGlob(plain(text), plain(pattern));
}

const plain = (text: string) =>
  text
    .trim()
    .replace(/[\s_]+/g, ' ')
    .toLowerCase();

/** `*` any text, `?` any character. In linear steps per star: a pattern of a stranger cannot make it hang. */
function matchesGlob(text: string, pattern: string): boolean {
  let [textIndex, patternIndex, star, resume] = [0, 0, -1, 0];
  while (textIndex < text.length) {
    if (pattern[patternIndex] === '*') {
      star = patternIndex++;
      resume = textIndex;
    } else if (pattern[patternIndex] === '?' || pattern[patternIndex] === text[textIndex]) {
      textIndex += 1;
      patternIndex += 1;
    } else if (star >= 0) {
      patternIndex = star + 1;
      textIndex = ++resume;
    } else return false;
  }
  return /^\**$/.test(pattern.slice(patternIndex));
}

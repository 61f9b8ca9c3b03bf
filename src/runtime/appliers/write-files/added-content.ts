/**
 * Content that is added to a file. It is applied in every phase and at every boot, so what is there already, as whole
 * lines, is not added once more. Pure.
 */

const lineFeed = 0x0a;

/** `file` with each part that it does not hold. */
export function withAdded(file: Buffer, parts: readonly Uint8Array[]): Buffer {
  return parts
    .map((part) => Buffer.from(part))
    .reduce((whole, part) => (holds(whole, part) ? whole : joined(whole, part)), file);
}

/** Whether `part` stands in the file from the beginning of a line to the end of one. */
function holds(file: Buffer, part: Buffer): boolean {
  if (part.length === 0) return true;
  for (let start = file.indexOf(part); start !== -1; start = file.indexOf(part, start + 1)) {
    const end = start + part.length;
    const begins = start === 0 || file[start - 1] === lineFeed;
    const ends = end === file.length || file[end] === lineFeed || part.at(-1) === lineFeed;
    if (begins && ends) return true;
  }
  return false;
}

/** On a line of its own: else it would not be found there again. */
function joined(file: Buffer, part: Buffer): Buffer {
  const gap = file.length > 0 && file.at(-1) !== lineFeed ? [Buffer.from([lineFeed])] : [];
  return Buffer.concat([file, ...gap, part]);
}

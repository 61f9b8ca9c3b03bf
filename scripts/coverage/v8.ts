/** What V8 says of a script that was watched: functions, and in them ranges of characters with how often they ran. */
export interface CountedFunction {
  readonly ranges: readonly {
    readonly startOffset: number;
    readonly endOffset: number;
    readonly count: number;
  }[];
}

/** A byte for each character of a text: 1 where it ran. */
export function ranCharacters(functions: readonly CountedFunction[], length: number): Uint8Array {
  const ran = new Uint8Array(length);
  // Outer functions and blocks come before those in them.
  for (const { startOffset, endOffset, count } of functions.flatMap(({ ranges }) => ranges))
    ran.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  return ran;
}

/** A byte for each line: 1 where anything of it ran. Lines that begin where nothing can run count with what is around. */
export function ranLines(text: string, ran: Uint8Array): Uint8Array {
  let offset = 0;
  const lines = text.split('\n').map((line) => {
    const start = offset + (line.length - line.trimStart().length);
    offset += line.length + 1;
    return ran.subarray(start, offset).includes(1) ? 1 : 0;
  });
  return Uint8Array.from(lines);
}

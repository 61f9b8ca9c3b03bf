/** Cuts a stream of bytes into lines as they come. */
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** Calls `onLine` for each line; `\n`, `\r` and `\r\n` end one, and so does the end of the stream. */
export function eachLine(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const take = (text: string) => {
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
    // A lone \r at the end may be half of \r\n; a progress line ends in it all the same and should show at once.
    if (rest.endsWith('\r') && rest.length > 1) {
      onLine(rest.slice(0, -1));
      rest = '\r';
    }
  };
  stream.on('data', (chunk: Buffer) => {
    const text = decoder.write(chunk);
    if (rest === '\r') {
      rest = '';
      take(text.startsWith('\n') ? text.slice(1) : text);
    } else {
      take(text);
    }
  });
  stream.on('end', () => {
    const last = (rest + decoder.end()).replace(/\r$/, '');
    rest = '';
    if (last !== '') onLine(last);
  });
}

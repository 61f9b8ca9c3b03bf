/** The body of an answer up to a limit, by what the server announces and by what comes. */
import type { HttpStream } from '../../ports.ts';

export const isSuccess = (status: number): boolean => status >= 200 && status <= 299;

/** Bytes that will come; undefined when the server does not say, or says it of a compressed body. */
export function lengthOf({ headers }: Pick<HttpStream, 'headers'>): number | undefined {
  const text = headers['content-length'];
  if (typeof text !== 'string' || !/^\d+$/.test(text) || headers['content-encoding'] !== undefined)
    return undefined;
  return Number(text);
}

/** Throws `error` as soon as it is known that there is more. */
export async function* limited(
  answer: HttpStream,
  limit: number,
  error: () => Error,
): AsyncGenerator<Uint8Array> {
  if ((lengthOf(answer) ?? 0) > limit) throw error();
  let done = 0;
  for await (const piece of answer.body) {
    done += piece.length;
    if (done > limit) throw error();
    yield piece;
  }
}

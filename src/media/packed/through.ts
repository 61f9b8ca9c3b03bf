/** Bytes on their way through something that changes them: a stream of Node.js, or a program. */
import type { Readable, Writable } from 'node:stream';

/** What is written to, and what then comes out; a stream can be both. */
export interface Through {
  readonly input: Writable;
  readonly output: Readable;
}

/**
 * What comes out when all of `source` has gone in. A piece of the source is taken when the one before was used up, so
 * it may lie in memory that is used again. The source is read to its end even where the stream ends before.
 */
export async function* passed(
  { input, output }: Through,
  source: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let ended = false;
  output.once('end', () => {
    ended = true;
  });
  // A failure comes out of the writes and reads; without a listener it would end the process.
  input.on('error', () => {});
  const feeding = feed(input, source, () => ended);
  feeding.catch((error: unknown) =>
    output.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  try {
    for await (const bytes of output) yield bytes as Uint8Array;
    ended = true;
    await feeding;
  } finally {
    input.destroy();
    output.destroy();
    await feeding.catch(() => {});
  }
}

async function feed(input: Writable, source: AsyncIterable<Uint8Array>, ended: () => boolean): Promise<void> {
  for await (const bytes of source) {
    if (ended()) continue;
    await written(input, bytes).catch((error: unknown) => {
      if (!ended()) throw error;
    });
  }
  if (!input.destroyed) input.end();
}

const written = (input: Writable, bytes: Uint8Array) =>
  new Promise<void>((resolve, reject) => {
    const closed = () => reject(new Error('it ended before it had read everything'));
    input.once('close', closed);
    input.write(bytes, (error) => {
      input.off('close', closed);
      if (error) reject(error);
      else resolve();
    });
  });

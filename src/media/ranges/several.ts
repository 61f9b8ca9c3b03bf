/**
 * Several ranges of a file from one request, where the server can. What a server sends otherwise than it was asked for
 * costs nothing but the advantage: the ranges that are left are asked for one by one.
 */
import { OpsError, refused } from '../../errors.ts';
import { type ByteRange, endOf } from '../../formats/byte-range.ts';
import { PassingFault } from '../../host/retry.ts';
import { type Ask, changed, type Pin, requireSame, type SeveralAnswer } from '../transport.ts';
import { Pace, type PaceOptions } from './pace.ts';

/**
 * The bytes of `ranges`, one after the other, from the first on; returns the ranges that were not sent. They are in order
 * and do not overlap.
 */
export type Several = (
  ranges: readonly ByteRange[],
  signal?: AbortSignal,
) => AsyncGenerator<Uint8Array, readonly ByteRange[]>;

/** What one server has shown. */
export interface ServerRecord {
  /** False as soon as it has not sent several ranges in one answer. */
  several: boolean;
}

/** Servers take heads of 8 KB, and some no more than 200 ranges (`MaxRanges` of Apache). */
const mostRanges = 128;
const mostText = 4096;

export interface SeveralOptions extends PaceOptions {
  readonly ask: Ask;
  readonly pin: Pin;
  readonly server: ServerRecord;
}

/** Throws OpsError (refused): `medium-changed`, and what the network does. */
export async function* streamSeveral(
  options: SeveralOptions,
  ranges: readonly ByteRange[],
): AsyncGenerator<Uint8Array, readonly ByteRange[]> {
  const { ask, server, signal } = options;
  const left = new Left(ranges);
  const pace = new Pace(options);
  while (server.several && ask.several !== undefined && left.count > 1) {
    let answer: SeveralAnswer | undefined;
    try {
      answer = await ask.several(left.batch(), signal);
      if (answer === undefined) server.several = false;
      else yield* taken(answer, left, pace, options);
    } catch (error) {
      if (isOtherwise(error)) server.several = false;
      else await pace.failed(passing(error));
    } finally {
      answer?.close();
    }
  }
  return left.all();
}

async function* taken(
  { pin: now, parts }: SeveralAnswer,
  left: Left,
  pace: Pace,
  { pin, shown }: SeveralOptions,
): AsyncGenerator<Uint8Array> {
  requireSame(pin, now, shown);
  const wanted = left.batch();
  let index = -1;
  for await (const { part, bytes, offset, total } of parts) {
    if (offset === part.offset) index += 1;
    const range = wanted[index];
    if (range === undefined || part.offset !== range.offset || part.length !== range.length)
      throw otherwise();
    if (pin.size !== null && total !== undefined && total !== pin.size)
      throw changed(shown, `${total} bytes instead of ${pin.size}`);
    const given = pace.now();
    left.took(bytes.length);
    yield bytes;
    pace.came(bytes.length, given);
  }
  if (index + 1 < wanted.length) throw otherwise();
}

/** The ranges that have not come yet. */
class Left {
  readonly #ranges: readonly ByteRange[];
  #index = 0;
  /** Bytes of the first one that have come. */
  #done = 0;

  constructor(ranges: readonly ByteRange[]) {
    this.#ranges = ranges.filter(({ length }) => length > 0);
  }

  get count(): number {
    return this.#ranges.length - this.#index;
  }

  took(bytes: number): void {
    this.#done += bytes;
    if (this.#done < (this.#ranges[this.#index]?.length ?? 0)) return;
    this.#index += 1;
    this.#done = 0;
  }

  all(most = this.#ranges.length): readonly ByteRange[] {
    return this.#ranges
      .slice(this.#index, this.#index + most)
      .map(({ offset, length }, place) =>
        place === 0 ? { offset: offset + this.#done, length: length - this.#done } : { offset, length },
      );
  }

  /** As many as one request may name. */
  batch(): readonly ByteRange[] {
    let text = 0;
    return this.all(mostRanges).filter((range) => {
      text += `${range.offset}-${endOf(range) - 1},`.length;
      return text <= mostText;
    });
  }
}

const otherwise = () =>
  refused('multipart-invalid', 'The server sends other ranges than were requested, or in another order');
const isOtherwise = (error: unknown) => error instanceof OpsError && error.code === 'multipart-invalid';

/** An answer that ends early is one that was cut. */
const passing = (error: unknown) =>
  error instanceof OpsError && error.code === 'multipart-incomplete'
    ? new PassingFault('url-incomplete', error.message, {
        hint: 'The server does not send what it announced: check the file there.',
      })
    : error;

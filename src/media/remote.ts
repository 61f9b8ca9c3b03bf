/**
 * A file at a URL as bytes at offsets. The first answer pins the version of the file; every later one must be of the
 * same. What is cut is taken up where it ended, with growing pauses, as long as it goes on. A server that knows no
 * ranges is asked for the whole file again and what was there already is passed over: nothing is ever kept.
 */
import type { ByteSource } from '../formats/bytes.ts';
import type { Clock } from '../host/ports.ts';
import { PassingFault } from '../host/retry.ts';
import { Pace } from './ranges/pace.ts';
import { type ServerRecord, type Several, streamSeveral } from './ranges/several.ts';
import { type Answer, type Ask, type Pin, requireSame } from './transport.ts';

/** What the first request brings: descriptors, folders and manifest of our ISOs lie in it. */
const headSize = 256 * 1024;

export interface Remote extends ByteSource {
  readonly pin: Pin;
  /** The bytes from `offset` up to `end`, in pieces, in order; to the end of the file when `end` is left out. */
  stream(offset: number, end?: number, signal?: AbortSignal): AsyncGenerator<Uint8Array>;
  /** Several ranges from one request, as far as the server can. */
  readonly several: Several;
}

export interface RemoteOptions {
  /** The URL as it may be shown. */
  readonly shown: string;
  readonly clock: Clock;
  /** Told before each new attempt. */
  readonly say?: (line: string) => void;
  readonly signal?: AbortSignal;
  /** How often what fails is tried, 8 when left out: fewer where somebody waits for an answer. */
  readonly tries?: number;
  /** What is known of the server, where the file is opened more than once. */
  readonly server?: ServerRecord;
}

/**
 * Looks at the file: `transport` is made once without a pin and then with it, or with a `known` one at once.
 * `size` is Infinity when the server does not say it. Throws OpsError (refused): what the transport throws,
 * `medium-changed`, `url-incomplete`.
 */
export async function openRemote(
  transport: (pin: Pin | undefined) => Ask,
  options: RemoteOptions,
  known?: Pin,
): Promise<Remote> {
  const head = known === undefined ? await readHead(transport(undefined), options) : undefined;
  const pin = known ?? head?.pin;
  if (pin === undefined) throw new Error('a file without a pin');
  const ask = transport(pin);
  const whole = head !== undefined && head.bytes.length < headSize ? head.bytes.length : undefined;
  const size = pin.size ?? whole ?? Number.POSITIVE_INFINITY;
  const stream: Remote['stream'] = (offset, end, signal = options.signal) =>
    resuming(
      ask,
      pin,
      { offset, end: Math.min(end ?? size, size) },
      { ...options, ...(signal && { signal }) },
    );
  const server = options.server ?? { several: true };
  return {
    pin,
    size,
    stream,
    several: (ranges, signal = options.signal) =>
      streamSeveral({ ask, pin, server, ...options, ...(signal && { signal }) }, ranges),
    read: async (offset, length) => {
      if (head !== undefined && offset + length <= head.bytes.length)
        return head.bytes.subarray(offset, offset + length);
      const pieces: Uint8Array[] = [];
      for await (const piece of stream(offset, offset + length)) pieces.push(piece);
      return Buffer.concat(pieces);
    },
  };
}

async function readHead(ask: Ask, options: RemoteOptions) {
  const pieces: Uint8Array[] = [];
  let pin: Pin | undefined;
  let size = Number.POSITIVE_INFINITY;
  const answered: Ask = async (from, _, signal) => {
    const answer = await ask(from, headSize, signal);
    if (pin === undefined) {
      pin = answer.pin;
      size = pin.size ?? size;
    }
    return answer;
  };
  const range = { offset: 0, end: headSize, shorter: () => size };
  for await (const piece of resuming(answered, undefined, range, options)) pieces.push(piece);
  return { pin, bytes: Buffer.concat(pieces) };
}

interface Range {
  readonly offset: number;
  /** Infinity: until the server says that it is the end. */
  readonly end: number;
  /** The size, where it becomes known by asking. */
  readonly shorter?: () => number;
}

async function* resuming(
  ask: Ask,
  pin: Pin | undefined,
  range: Range,
  options: RemoteOptions,
): AsyncGenerator<Uint8Array> {
  const { shown, signal } = options;
  const end = () => Math.min(range.end, range.shorter?.() ?? range.end);
  let position = range.offset;
  const pace = new Pace(options);
  while (position < end()) {
    let answer: Answer | undefined;
    try {
      answer = await ask(position, Number.isFinite(end()) ? end() : undefined, signal);
      if (pin !== undefined) requireSame(pin, answer.pin, shown);
      for await (const piece of from(answer, position, end)) {
        position += piece.length;
        const given = pace.now();
        yield piece;
        pace.came(piece.length, given);
      }
      // Where no size was said, the end is where the server ends.
      if (position >= end() || answer.pin.size === null) return;
      throw new PassingFault('url-incomplete', `${shown} ends after ${position} of ${end()} bytes`, {
        hint: 'The server does not send what it announced: check the file there.',
      });
    } catch (error) {
      await pace.failed(error);
    } finally {
      answer?.close();
    }
  }
}

/** The part of an answer that is wanted: from `offset`, up to the end even where the server sends more. */
async function* from(answer: Answer, offset: number, end: () => number): AsyncGenerator<Uint8Array> {
  let position = answer.start;
  for await (const piece of answer.body) {
    const skip = Math.max(0, Math.min(piece.length, offset - position));
    const wanted = piece.subarray(skip, Math.max(skip, Math.min(piece.length, end() - position)));
    position += piece.length;
    if (wanted.length > 0) yield wanted;
    if (position >= end()) return;
  }
}

/**
 * The bytes that a packed image unpacks to: gz and zst by Node.js, xz by its program. All members, frames and streams of
 * a file count, as for the programs of the same names.
 */
import * as zlib from 'node:zlib';
import { errorCode, OpsError, refused } from '../../errors.ts';
import { ZstdFrames } from '../../formats/compression/zstd-frames.ts';
import type { Host } from '../../host/ports.ts';
import { errorOutput } from '../../host/run-outcome.ts';
import type { Packing } from './kind.ts';
import { passed } from './through.ts';

const chunkSize = 256 * 1024;
/** The last words of a program that failed. */
const wordsKept = 2000;

export interface Packed {
  readonly packing: Packing;
  /** For messages. */
  readonly name: string;
  readonly bytes: AsyncGenerator<Uint8Array>;
}

/**
 * Unpacks while it is read; a piece is good until the next one is asked for. The source is read to its end. Throws
 * `image-damaged` (refused) for what is not whole, and what reading does.
 */
export async function* unpacked(host: Pick<Host, 'processes'>, packed: Packed): AsyncGenerator<Uint8Array> {
  try {
    yield* unpackedBy[packed.packing](host, packed);
  } catch (error) {
    if (error instanceof Damaged || /^(Z_|ERR_ZSTD|ZSTD_)/.test(errorCode(error) ?? ''))
      throw damaged(packed, error as Error);
    throw error;
  }
}

class Damaged extends Error {}

const damaged = ({ name, packing }: Packed, cause: Error) =>
  refused('image-damaged', `${name} is damaged or incomplete: ${reasonOf(cause.message)}`, {
    cause,
    hint: `Fetch it again; \`${testers[packing]}\` checks such a file.`,
  });

const testers: Record<Packing, string> = {
  none: 'sha256sum --check',
  gz: 'gzip --test',
  xz: 'xz --test',
  zst: 'zstd --test',
};

/** In the words of zlib, of libzstd and of this file. */
function reasonOf(message: string): string {
  if (message === 'unexpected end of file') return 'it ends too early';
  if (message === 'incorrect header check') return 'what follows in it is not packed by gzip';
  if (message === 'incorrect data check') return 'its own checksum is wrong';
  return message;
}

type Unpack = (host: Pick<Host, 'processes'>, packed: Packed) => AsyncGenerator<Uint8Array>;

const unpackedBy: Record<Packing, Unpack> = {
  none: (_, { bytes }) => bytes,
  gz: (_, { bytes }) => {
    const stream = zlib.createGunzip({ chunkSize });
    return passed({ input: stream, output: stream }, bytes);
  },
  zst: (host, { bytes }) => {
    // The Node.js of the oldest boards has none.
    if (zlib.createZstdDecompress === undefined) return throughProgram(host, 'zstd', bytes);
    const stream = zlib.createZstdDecompress({ chunkSize });
    return passed({ input: stream, output: stream }, inFrames(bytes));
  },
  xz: (host, { bytes }) => throughProgram(host, 'xz', bytes),
};

/** Node's decoder ends behind the frame that a write ends in: no write goes beyond one. */
async function* inFrames(bytes: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const frames = new ZstdFrames();
  for await (const piece of bytes) {
    const parts = frames.push(piece);
    if (parts === undefined) throw new Damaged('what follows in it is not packed by zstd');
    for (const part of parts) if (part.data) yield part.bytes;
  }
  if (!frames.ended) throw new Damaged('it ends too early');
}

async function* throughProgram(
  { processes }: Pick<Host, 'processes'>,
  program: 'xz' | 'zstd',
  bytes: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const child = processes.start(program, [
    '--decompress',
    '--stdout',
    ...(program === 'xz' ? ['--format=xz'] : []),
  ]);
  const { stdin: input, stdout: output } = child;
  if (input === null || output === null) throw new Error(`${program} has no pipes`);
  const words = errorOutput(child, wordsKept);
  // Awaited below, or not at all when nobody wants the rest.
  child.exited.catch(() => {});
  try {
    const fromProgram = passed({ input, output }, bytes);
    try {
      yield* fromProgram;
    } catch (error) {
      if (error instanceof OpsError || !isPipe(error)) throw error;
    }
    const { exitCode } = await child.exited;
    if (exitCode !== 0) throw new Damaged(wordsOf(await words, program));
  } finally {
    child.kill('SIGKILL');
  }
}

/** A program that has found a fault reads no more. */
const isPipe = (error: unknown) =>
  ['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_PREMATURE_CLOSE'].includes(
    errorCode(error) ?? '',
  ) ||
  (error instanceof Error && /^it ended before/.test(error.message));

/** `xz: (stdin): Unexpected end of input` */
function wordsOf(words: string, program: string): string {
  const last = words.trim().split('\n').at(-1) ?? '';
  return last.replace(/^\w+: (\(stdin\)|\/\*stdin\*\\) ?: /, '').trim() || `${program} failed`;
}

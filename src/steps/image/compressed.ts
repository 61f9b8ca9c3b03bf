/** A file compressed while it is made: the same bytes every time, without a name and a time of its own. */
import type { Readable, Writable } from 'node:stream';
import { constants, createGzip, createZstdCompress } from 'node:zlib';
import type { Compression } from '../../formats/disk-images/formats.ts';
import { type Part, pieceSize } from '../../formats/disk-images/virtual-disk.ts';
import type { Host } from '../../host/ports.ts';
import { errorOutput } from '../../host/run-outcome.ts';

interface Packer {
  readonly input: Writable;
  readonly output: Readable;
  /** Throws when the program failed. */
  finished(): Promise<void>;
  stop(): void;
}

/** What comes out of a packer at once. */
const chunkSize = 256 * 1024;

/** The compressed bytes of a file of these parts. */
export async function* compressed(
  parts: AsyncIterable<Part>,
  method: Compression,
  host: Host,
): AsyncGenerator<Uint8Array> {
  const packer = method === 'xz' ? xz(host) : inProcess(method);
  // A failure of the feeding ends the output, which is where it is met.
  const fed = feed(parts, packer.input).catch((error: unknown) => void packer.output.destroy(asError(error)));
  try {
    for await (const chunk of packer.output) yield chunk as Uint8Array;
    await fed;
    await packer.finished();
  } finally {
    packer.stop();
    await fed;
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

const zeros = new Uint8Array(pieceSize);

/** Each write is over before the next part is asked for, whose memory may be the same. */
async function feed(parts: AsyncIterable<Part>, input: Writable): Promise<void> {
  // What fails here is told by the write that is under way, too.
  input.on('error', () => {});
  const write = (bytes: Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      input.once('close', () => reject(new Error('the packer ended too early')));
      input.write(bytes, (error) => {
        input.removeAllListeners('close');
        if (error) reject(error);
        else resolve();
      });
    });
  for await (const part of parts) {
    if (part instanceof Uint8Array) await write(part);
    else
      for (let left = part.hole; left > 0; left -= zeros.length)
        await write(zeros.subarray(0, Math.min(left, zeros.length)));
  }
  input.end();
}

/** The header of gzip says neither a time nor a name (RFC 1952, section 2.3.1: MTIME 0). */
function inProcess(method: 'gz' | 'zst'): Packer {
  const stream =
    method === 'gz'
      ? createGzip({ chunkSize })
      : createZstdCompress({ chunkSize, params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  return { input: stream, output: stream, finished: async () => {}, stop: () => void stream.destroy() };
}

/** Its output with several threads is that of two; one alone writes other headers of its blocks (xz(1), --threads). */
function xz({ processes, system }: Host): Packer {
  const threads = Math.min(4, Math.max(2, system.cpus));
  const child = processes.start('xz', ['--compress', '--stdout', '-6', `--threads=${threads}`]);
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('xz was started without pipes');
  const said = errorOutput(child);
  return {
    input: stdin,
    output: stdout,
    finished: async () => {
      const { exitCode, signal } = await child.exited;
      if (exitCode !== 0) throw new Error(`xz ended with ${signal ?? exitCode}: ${(await said).trim()}`);
    },
    stop: () => {
      stdin.destroy();
      child.kill('SIGTERM');
    },
  };
}

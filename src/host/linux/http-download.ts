/** A URL's body into a file, in pieces: what is downloaded may be larger than memory. */
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { OpsError } from '../../errors.ts';
import type { Http, NetworkSettings } from '../ports.ts';
import { agentsFor } from './http-agents.ts';
import { larger, maxRedirects, silent, status, unreachable, withoutSecrets } from './http-errors.ts';

const defaultTimeoutMs = 30_000;
const defaultRetries = 2;
const betweenRetriesMs = 500;

export const downloadWith =
  (settings: NetworkSettings | undefined): Http['download'] =>
  async (url, path, options) => {
    const { retries = defaultRetries, signal } = options;
    for (let attempt = 0; ; attempt++) {
      try {
        return await once(url, path, options, settings);
      } catch (error) {
        await rm(path, { force: true });
        const again = error instanceof OpsError && error.code === 'url-unreachable' && attempt < retries;
        if (!again || !/^https?:/i.test(url)) throw error;
        await setTimeout(betweenRetriesMs * 2 ** attempt, undefined, signal === undefined ? {} : { signal });
      }
    }
  };

async function once(
  url: string,
  path: string,
  options: Parameters<Http['download']>[2],
  settings: NetworkSettings | undefined,
): Promise<number> {
  const { limit, timeoutMs = defaultTimeoutMs, signal, onProgress } = options;
  const shown = withoutSecrets(url);
  if (!/^https?:\/\//i.test(url)) throw unreachable(shown, 'only http and https URLs can be fetched');
  const [{ default: got, TimeoutError }, { pipeline }] = await Promise.all([
    import('got'),
    import('node:stream/promises'),
  ]);
  const agent = await agentsFor(url, settings);
  const source = got.stream(url, {
    throwHttpErrors: false,
    maxRedirects,
    // Not for the whole request: a large file may take its time, silence may not.
    timeout: { lookup: timeoutMs, connect: timeoutMs, response: timeoutMs, socket: timeoutMs },
    retry: { limit: 0 },
    ...(agent === undefined ? {} : { agent }),
    ...(signal === undefined ? {} : { signal }),
  });
  let done = 0;
  // got wraps what a stream is destroyed with.
  let refusal: OpsError | undefined;
  const refuse = (error: OpsError) => {
    refusal ??= error;
    source.destroy(error);
  };
  source.on('response', ({ statusCode }: { statusCode: number }) => {
    if (statusCode < 200 || statusCode > 299) refuse(status(shown, statusCode));
  });
  source.on('downloadProgress', ({ transferred, total }: { transferred: number; total?: number }) => {
    done = transferred;
    if (Math.max(transferred, total ?? 0) > limit) refuse(larger(shown, limit));
    else onProgress?.(transferred, total);
  });
  try {
    await pipeline(source, createWriteStream(path));
    return done;
  } catch (error) {
    if (refusal !== undefined) throw refusal;
    if (signal?.aborted) throw error;
    if (error instanceof TimeoutError) throw silent(shown, timeoutMs, error);
    // Of the file, not of the network: a full disk, a folder that is not there.
    if (error instanceof Error && 'path' in error) throw error;
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') throw error;
    throw unreachable(shown, error instanceof Error ? error.message : String(error), error);
  }
}

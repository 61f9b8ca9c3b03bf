/** A URL's body into a file, in pieces: what is downloaded may be larger than memory. */
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { Clock, Http, HttpStream, NetworkSettings } from '../../ports.ts';
import { retrying, statusRefusal } from '../../retry.ts';
import { larger, withoutSecrets } from './errors.ts';
import { isSuccess, lengthOf, limited } from './limited.ts';
import { defaultTimeoutMs, request } from './request.ts';

const defaultRetries = 2;

type DownloadOptions = Parameters<Http['download']>[2];

export const downloadWith =
  (settings: NetworkSettings | undefined, clock: Clock): Http['download'] =>
  (url, path, options) => {
    const { retries = defaultRetries, signal } = options;
    return retrying({ tries: retries + 1, clock, signal }, async (alive) => {
      try {
        return await once(url, path, options, settings, alive);
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }
    });
  };

async function once(
  url: string,
  path: string,
  options: DownloadOptions,
  settings: NetworkSettings | undefined,
  alive: () => void,
): Promise<number> {
  const { timeoutMs = defaultTimeoutMs, signal } = options;
  // Not for the whole request: a large file may take its time, silence may not.
  const answer = await request(url, { connectMs: timeoutMs, silentMs: timeoutMs, signal, settings });
  const shown = withoutSecrets(url);
  try {
    if (!isSuccess(answer.status)) throw statusRefusal(shown, answer);
    return await save(answer, path, shown, options, alive);
  } finally {
    answer.close();
  }
}

async function save(
  answer: HttpStream,
  path: string,
  shown: string,
  { limit, signal, onProgress }: DownloadOptions,
  alive: () => void,
): Promise<number> {
  const { pipeline } = await import('node:stream/promises');
  const total = lengthOf(answer);
  let done = 0;
  async function* counted() {
    for await (const piece of limited(answer, limit, () => larger(shown, limit))) {
      done += piece.length;
      alive();
      onProgress?.(done, total);
      yield piece;
    }
  }
  await pipeline(counted, createWriteStream(path), signal === undefined ? {} : { signal });
  return done;
}

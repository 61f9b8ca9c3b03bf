/** Files of a FAT12, FAT16 or FAT32 volume, by mtools. */
import { refused } from '../../../errors.ts';
import type { Host } from '../../../host/ports.ts';
import { userDataLimit } from '../services/metadata-service.ts';

/** Volumes whose size is no whole number of tracks are common, and no fault. */
const environment = { MTOOLS_SKIP_CHECK: '1' };
const timeoutMs = 10_000;

/** Throws OpsError (refused) `volume-unreadable`, `volume-file-too-large`, or `tool-missing`. */
export async function readFatFiles(
  host: Host,
  device: string,
  paths: readonly string[],
): Promise<(Uint8Array | undefined)[]> {
  const contents: (Uint8Array | undefined)[] = [];
  for (const path of paths) contents.push(await readOne(host, device, path));
  return contents;
}

async function readOne(host: Host, device: string, path: string): Promise<Uint8Array | undefined> {
  // Started and not run: the content is bytes, and there may be more of them than memory.
  const child = host.processes.start('mtype', ['-i', device, `::/${path}`], { env: environment });
  const stop = new AbortController();
  const late = host.clock.sleep(timeoutMs, stop.signal).then(
    () => child.kill('SIGKILL'),
    () => {},
  );
  try {
    const [data, complaint, { exitCode }] = await Promise.all([
      gather(child.stdout, userDataLimit, () => child.kill('SIGKILL')),
      gather(child.stderr, 64 * 1024, () => {}),
      child.exited,
    ]);
    if (data === undefined)
      throw refused('volume-file-too-large', `${path} on ${device} is larger than ${userDataLimit} bytes`);
    if (exitCode === 0) return data;
    const message = Buffer.from(complaint ?? []).toString('utf8');
    if (/not found|No such file/i.test(message)) return undefined;
    const why = message.trim().split('\n')[0] || `mtype did not end within ${timeoutMs / 1000} s`;
    throw refused('volume-unreadable', `${path} on ${device} cannot be read: ${why}`);
  } finally {
    stop.abort();
    await late;
  }
}

/** What comes, or undefined when it is more than `limit` bytes; then `tooMuch` is called and the rest is dropped. */
async function gather(
  stream: AsyncIterable<Buffer> | null,
  limit: number,
  tooMuch: () => void,
): Promise<Uint8Array | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of stream ?? []) {
    if (size <= limit && size + part.length > limit) tooMuch();
    size += part.length;
    if (size <= limit) parts.push(part);
  }
  return size > limit ? undefined : Buffer.concat(parts);
}

/** A `.sha256` file beside an image, as sha256sum(1) writes it. */
import { OpsError, refused } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import { PassingFault } from '../host/retry.ts';
import { openImage } from './image.ts';
import type { Image } from './image-ref.ts';
import { shownUrl } from './shown-url.ts';

/**
 * The digest for the file `name`: of the line that names it, or of the only line. Throws `sha256-invalid` (refused)
 * when there is none; `where` says what was read.
 */
export function parseChecksum(text: string, name: string, where: string): string {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '' && !line.startsWith('#'));
  // "DIGEST  NAME", a star before the name for binary; a backslash before the digest when the name has escapes
  const entries = lines.flatMap((line) => {
    const [head = '', digest] = /^\\?([0-9a-f]{64})(?![^ \t])/i.exec(line) ?? [];
    if (digest === undefined) return [];
    const path = line.slice(head.length).trim().replace(/^\*/, '');
    return [{ digest: digest.toLowerCase(), file: path.slice(path.lastIndexOf('/') + 1) || undefined }];
  });
  const named = entries.find(({ file }) => file === name);
  const [only] = entries;
  const found = named ?? (entries.length === 1 && lines.length === 1 ? only : undefined);
  if (found !== undefined) return found.digest;
  throw refused('sha256-invalid', `${where} does not have the SHA-256 of ${name}`, {
    hint: 'Correct or remove that file, or give the digest itself (bos.install.iso_sha256).',
  });
}

const checksumLimit = 64 * 1024;

/** What `IMAGE.sha256` says, beside the image at `place`; undefined when there is no such file. */
export async function digestBeside(host: Host, image: Image, place: string): Promise<string | undefined> {
  const { ref } = image;
  if (ref.from === 'file') {
    const path = `${ref.path}.sha256`;
    if (!(await host.files.exists(path))) return undefined;
    return parseChecksum(await host.files.readText(path), baseName(ref.path), path);
  }
  const url = new URL(place);
  url.pathname += '.sha256';
  const text = await textAt(host, url.href, checksumLimit);
  const name = decoded(baseName(new URL(place).pathname));
  return text === undefined ? undefined : parseChecksum(text, name, shownUrl(url.href));
}

/** A small text at a URL, no more than `limit` bytes of it; undefined when there is nothing. */
export async function textAt(host: Host, url: string, limit: number): Promise<string | undefined> {
  try {
    const found = await openImage(host, url, url);
    return Buffer.from(await found.read(0, Math.min(found.size, limit))).toString('utf8');
  } catch (error) {
    // Not there, or not to be seen: servers say both. A server that is busy has not answered the question.
    const absent = error instanceof OpsError && error.code === 'url-status';
    if (absent && !(error.cause instanceof PassingFault)) return undefined;
    throw error;
  }
}

/** The name in a URL as a file has it; as it stands when it is not encoded as it should be. */
function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

const baseName = (path: string) => path.slice(path.lastIndexOf('/') + 1);

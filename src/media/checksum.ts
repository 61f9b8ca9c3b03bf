/** A `.sha256` file beside an image, as sha256sum(1) writes it. */
import { refused } from '../errors.ts';

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

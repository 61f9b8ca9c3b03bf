/** Which files of an ISO are lists of digests, by their names: `md5sum.txt`, `SHA256SUMS`, `CHECKSUMS`, and so on. */

const listName = /^(md5sums?|sha(1|224|256|384|512)sums?|checksums?)(\.txt)?$/i;
const signatureEnd = /\.(asc|gpg|sig|sign|p7s|minisig)$/i;

export const isDigestList = (name: string): boolean => listName.test(name);

/** Of the names in a folder those that sign the list. */
export const signaturesOf = (list: string, names: readonly string[]): string[] =>
  names.filter((name) => signatureEnd.test(name) && name.replace(signatureEnd, '') === list);

/** `DIGEST  ./path`, a star before the name for binary; the line's end is no part of it. */
const line = /^([0-9a-f]{32,128})( [ *](?:\.\/|\/)?)([^\r\n]+)$/i;

const algorithms: Readonly<Record<number, DigestAlgorithm>> = {
  ...{ 32: 'md5', 40: 'sha1', 56: 'sha224', 64: 'sha256', 96: 'sha384', 128: 'sha512' },
};
export type DigestAlgorithm = 'md5' | 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';

export interface DigestLine {
  /** As it is written. */
  readonly digest: string;
  readonly between: string;
  readonly path: string;
  readonly algorithm: DigestAlgorithm;
}

/** Undefined for a line that is none of a list. */
export function parseDigestLine(text: string): DigestLine | undefined {
  const [, digest = '', between = '', path = ''] = line.exec(text) ?? [];
  const algorithm = algorithms[digest.length];
  return algorithm === undefined ? undefined : { digest, between, path, algorithm };
}

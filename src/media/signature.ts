/**
 * Signatures of minisign (https://jedisct1.github.io/minisign/#signature-format) over a manifest: Ed25519, over the
 * text itself ("Ed") or over its BLAKE2b digest ("ED"). The second signature of the file covers the trusted comment.
 */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { refused, usage } from '../errors.ts';

/** Beside the manifest, on every medium that is signed. */
export const signaturePath = 'bos/system/manifest.json.minisig';

export interface PublicKey {
  /** 8 bytes by which a signature names its key. */
  readonly id: Buffer;
  readonly key: KeyObject;
}

const algorithmLength = 2;
const idLength = 8;
const keyLength = 32;
const signatureLength = 64;
const trusted = 'trusted comment: ';

/** The key in `text`, the second line of a minisign.pub. undefined when it is none. */
export function parsePublicKey(text: string): PublicKey | undefined {
  const bytes = base64(text.trim());
  if (bytes?.length !== algorithmLength + idLength + keyLength) return undefined;
  if (bytes.subarray(0, algorithmLength).toString('latin1') !== 'Ed') return undefined;
  const id = bytes.subarray(algorithmLength, algorithmLength + idLength);
  const x = bytes.subarray(algorithmLength + idLength).toString('base64url');
  return { id, key: createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' }) };
}

/**
 * Throws unless `signature`, the text of a .minisig file, is one of `publicKey` over `message`: `signature-missing`,
 * `signature-invalid` (refused), `public-key-invalid` (usage). `what` names what is signed. Returns the trusted comment.
 */
export function requireSignature(
  message: Uint8Array,
  signature: string | undefined,
  publicKey: string,
  what: string,
): string {
  const known = parsePublicKey(publicKey);
  if (known === undefined)
    throw usage('public-key-invalid', 'This is not a minisign public key', {
      hint: 'Give the second line of the file minisign.pub: 56 characters that begin with RW.',
    });
  if (signature === undefined)
    throw refused('signature-missing', `${what} is not signed, but a public key was given`, {
      details: [`there is no ${signaturePath}`],
      hint: 'Use a signed medium, or leave the key out (bos.install.public_key, bos.upgrade.public_key).',
    });
  const wrong = (why: string) =>
    refused('signature-invalid', `The signature of ${what} is not valid: ${why}`, {
      hint: 'Do not use this medium, unless the key was meant for another one.',
    });
  const parsed = parseSignature(signature);
  if (parsed === undefined) throw wrong('it is not a minisign signature');
  if (!parsed.id.equals(known.id)) throw wrong('it was made with another key');
  const signed = parsed.hashed ? createHash('blake2b512').update(message).digest() : message;
  if (!verify(null, signed, known.key, parsed.signature)) throw wrong('the content is not what was signed');
  const commented = Buffer.concat([parsed.signature, Buffer.from(parsed.comment, 'utf8')]);
  if (!verify(null, commented, known.key, parsed.commentSignature)) throw wrong('its comment was changed');
  return parsed.comment;
}

/**
 * What a valid signature says, in a line: what its maker wrote, when that was, and what nobody can know from it. minisign
 * itself writes `timestamp:SECONDS` and a tab.
 */
export function signatureText(comment: string, what: string): string {
  const seconds = Number(/(?:^|\s)timestamp:(\d{1,11})(?:\s|$)/.exec(comment)?.[1]);
  const made = Number.isNaN(seconds)
    ? ''
    : `, made at ${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`;
  // A terminal must not be told anything by a comment.
  const shown = comment
    .replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
    .slice(0, longestComment);
  return `The signature of ${what} is valid${made} (trusted comment: ${shown || 'none'}). It does not say whether there is a newer version.`;
}

/** Characters of a comment that are shown. */
const longestComment = 200;

interface Signature {
  readonly hashed: boolean;
  readonly id: Buffer;
  readonly signature: Buffer;
  readonly comment: string;
  readonly commentSignature: Buffer;
}

function parseSignature(text: string): Signature | undefined {
  const [untrusted = '', first = '', comment = '', second = ''] = text.split(/\r?\n/);
  if (!untrusted.startsWith('untrusted comment:') || !comment.startsWith(trusted)) return undefined;
  const bytes = base64(first);
  const commentSignature = base64(second);
  if (bytes?.length !== algorithmLength + idLength + signatureLength) return undefined;
  if (commentSignature?.length !== signatureLength) return undefined;
  const algorithm = bytes.subarray(0, algorithmLength).toString('latin1');
  if (algorithm !== 'Ed' && algorithm !== 'ED') return undefined;
  return {
    hashed: algorithm === 'ED',
    id: bytes.subarray(algorithmLength, algorithmLength + idLength),
    signature: bytes.subarray(algorithmLength + idLength),
    comment: comment.slice(trusted.length),
    commentSignature,
  };
}

/** Strict: Node itself passes over what is no base64. */
function base64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

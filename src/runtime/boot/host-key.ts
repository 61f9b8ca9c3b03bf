/**
 * A new host key of ssh. Node.js has what it takes in itself: to start ssh-keygen for each costs an emulated first boot
 * half a second. The private key is in OpenSSH's own form, without a passphrase (PROTOCOL.key of OpenSSH); integers there
 * are big-endian (RFC 4251, section 5).
 */
import { generateKeyPairSync, type JsonWebKey, randomBytes } from 'node:crypto';

export type HostKeyType = 'ed25519' | 'ecdsa';

/** Both files of a key, with their line ends. */
export interface HostKey {
  readonly private: string;
  readonly public: string;
}

/** What is padded to: the block of a cipher, of `none` too. */
const blockSize = 8;
const lineLength = 70;

/** A key that nobody else has: Ed25519 (RFC 8709), or ECDSA on the curve P-256 (RFC 5656). */
export function newHostKey(type: HostKeyType): HostKey {
  const { privateKey } =
    type === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return hostKeyOf(privateKey.export({ format: 'jwk' }));
}

/** A private key of one of these types as OpenSSH keeps it. */
export function hostKeyOf(key: JsonWebKey): HostKey {
  const { name, blob, secret } = key.kty === 'OKP' ? ed25519(key) : ecdsa(key);
  const check = randomBytes(4);
  const inner = Buffer.concat([check, check, secret, text('')]);
  const padding = Buffer.from(
    Array.from({ length: -inner.length & (blockSize - 1) }, (_, index) => index + 1),
  );
  const file = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    ...[text('none'), text('none'), text(''), uint32(1)],
    ...[text(blob), text(Buffer.concat([inner, padding]))],
  ]);
  const lines = file.toString('base64').match(new RegExp(`.{1,${lineLength}}`, 'g')) ?? [];
  return {
    private: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`,
    public: `${name} ${blob.toString('base64')}\n`,
  };
}

interface Numbers {
  readonly name: string;
  /** The public key. */
  readonly blob: Buffer;
  /** The private one, with the public one in it. */
  readonly secret: Buffer;
}

function ed25519({ x, d }: JsonWebKey): Numbers {
  const name = 'ssh-ed25519';
  const [open, seed] = [bytes(x), bytes(d)];
  return {
    name,
    blob: Buffer.concat([text(name), text(open)]),
    secret: Buffer.concat([text(name), text(open), text(Buffer.concat([seed, open]))]),
  };
}

function ecdsa({ x, y, d }: JsonWebKey): Numbers {
  const [name, curve] = ['ecdsa-sha2-nistp256', 'nistp256'];
  // SEC 1, section 2.3.3: both coordinates, not compressed.
  const point = Buffer.concat([Buffer.from([4]), bytes(x), bytes(y)]);
  const blob = Buffer.concat([text(name), text(curve), text(point)]);
  return { name, blob, secret: Buffer.concat([blob, text(integer(bytes(d)))]) };
}

/** Of a JSON Web Key (RFC 7518, section 6): all of its bytes, zeros at the beginning, too. */
const bytes = (value: JsonWebKey['x']): Buffer => Buffer.from(value ?? '', 'base64url');

function uint32(value: number): Buffer {
  const field = Buffer.alloc(4);
  field.writeUInt32BE(value);
  return field;
}

/** A `string`: its length and its bytes. */
const text = (value: string | Uint8Array): Buffer =>
  Buffer.concat([uint32(value.length), Buffer.from(value)]);

/** The bytes of an `mpint` that is positive: no zero too many at the beginning, and one where it would be a sign. */
function integer(value: Uint8Array): Buffer {
  const from = value.findIndex((byte) => byte !== 0);
  const digits = Buffer.from(from < 0 ? [] : value.subarray(from));
  return (digits[0] ?? 0) < 0x80 ? digits : Buffer.concat([Buffer.from([0]), digits]);
}

/** Public keys as authorized_keys has them: whether sshd can use one. Pure. */
import { publicKeyLine } from '../keys/public-key-line.ts';

/** Types that sshd takes only if it is told to (OpenSSH 7.0, release notes). */
const retired = new Set(['ssh-dss']);
/** Bits; sshd's RequiredRSASize. */
const shortestRsa = 1024;

/** Lengths in bytes of the parts of a key behind its type, where these are fixed; null: any but nothing. */
const parts: Readonly<Record<string, readonly (number | null)[]>> = {
  'ssh-ed25519': [32],
  'ssh-rsa': [null, null],
  'ecdsa-sha2-nistp256': [8, 65],
  'ecdsa-sha2-nistp384': [8, 97],
  'ecdsa-sha2-nistp521': [8, 133],
  'sk-ssh-ed25519@openssh.com': [32, null],
  'sk-ecdsa-sha2-nistp256@openssh.com': [8, 65, null],
};

/** A type of key and the beginning of its data, anywhere in a text. */
const anyKey = /(?:ssh-(?:ed25519|rsa|dss)|ecdsa-sha2-nistp\d+|sk-[a-z0-9@.-]{1,40})\s+AAAA/g;

/** Whether it looks like a public key, good or not. */
export const isPublicKeyLine = (text: string): boolean => publicKeyLine.test(text.trim());

/** Why no key in the text can open a session; undefined when the one that it holds can. */
export function publicKeyFault(text: string): string | undefined {
  // Options may hold anything in quotes. Those that do not end go on to the end of the text.
  const line = text.trim().replace(/"(?:[^"\\]|\\.?)*(?:"|$)/gs, '');
  if ((line.match(anyKey) ?? []).length > 1)
    return 'expected one public key, found several on one line; write each as an element of its own';
  const found = /(?:^|\s)((?:ssh|ecdsa|sk)-[a-z0-9@.-]+)\s+([A-Za-z0-9+/]+={0,3})(?:\s|$)/.exec(line);
  const [, type = '', blob = ''] = found ?? [];
  if (retired.has(type)) return `expected a key that sshd takes; it does not take ${type} any more`;
  const fields = fieldsOf(Buffer.from(blob, 'base64'));
  const [name, ...values] = fields ?? [];
  if (fields === undefined || name === undefined)
    return 'expected a whole public key; this one is cut off: is there a blank or a line end in it?';
  if (name.toString('latin1') !== type)
    return `expected the data of a key of type ${type}, found those of another`;
  const expected = parts[type];
  const fits =
    expected === undefined
      ? values.length > 0
      : values.length === expected.length &&
        values.every((value, index) =>
          expected[index] === null ? value.length > 0 : value.length === expected[index],
        );
  if (!fits) return 'expected a whole public key; parts of this one are missing';
  if (type === 'ssh-rsa' && bitsOf(values[1]) < shortestRsa)
    return `expected an RSA key of at least ${shortestRsa} bits; sshd takes no shorter one`;
  return undefined;
}

/** The strings of the blob, each behind its length in four bytes (RFC 4253, section 6.6; RFC 4251, section 5). */
function fieldsOf(blob: Buffer): readonly Buffer[] | undefined {
  const fields: Buffer[] = [];
  let offset = 0;
  while (offset < blob.length) {
    if (offset + 4 > blob.length) return undefined;
    const end = offset + 4 + blob.readUInt32BE(offset);
    if (end > blob.length) return undefined;
    fields.push(blob.subarray(offset + 4, end));
    offset = end;
  }
  return fields;
}

/** Of a number with its sign, whose first byte may be 0 (RFC 4251, section 5: mpint). */
function bitsOf(number: Buffer | undefined): number {
  const start = number?.findIndex((byte) => byte !== 0) ?? -1;
  if (number === undefined || start === -1) return 0;
  return (number.length - start) * 8 - Math.clz32(number[start] ?? 0) + 24;
}

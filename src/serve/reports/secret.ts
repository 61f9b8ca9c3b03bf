/** What a machine proves with that it is that machine. Pure. */
import { createHmac } from 'node:crypto';

/**
 * By the key of the server, so it is nowhere written down but in the ISO, and the same in every replica. Another token makes
 * another secret. 64 hexadecimal digits.
 */
export const secretOf = (
  key: Uint8Array,
  { name, token }: { readonly name: string; readonly token: string | undefined },
): string =>
  createHmac('sha256', key)
    .update(JSON.stringify(['report', name, token ?? null]))
    .digest('hex');

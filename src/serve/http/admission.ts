/** Who may have a machine's ISO: tokens, and what is given out once. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Machine } from '../machines/store.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** In a time that says nothing of how near it was. A machine without a token is at no address with one. */
export function tokenFits(machine: Machine, given: string | undefined): boolean {
  const { token } = machine;
  if (token === undefined || given === undefined) return token === given;
  return timingSafeEqual(digest(token), digest(given));
}

/** What stands for a machine's ISO in the list of those that were given out. Another token is another chance. */
export const onceKey = ({ name, token }: Machine): string =>
  digest(`${name}\n${token ?? ''}`).toString('base64url');

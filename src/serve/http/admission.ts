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

/** Remembers which machines have been given their first byte, as long as the server runs. */
export class Once {
  readonly #given = new Set<string>();

  /** False when it was given before. Another token is another chance. */
  take(machine: Machine): boolean {
    const key = digest(`${machine.name}\n${machine.token ?? ''}`).toString('base64url');
    if (this.#given.has(key)) return false;
    this.#given.add(key);
    return true;
  }
}

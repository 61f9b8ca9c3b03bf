/** Whether a configuration gives anybody a way to log in: an installation without one locks its owner out. */

import type { Config } from '../config.ts';
import { publicKeyLine } from './checks.ts';

/**
 * True when there is a key or a password that is not locked. Remote keys (github:USER) count, although they can
 * still fail to arrive.
 */
export function hasLogin(config: Config): boolean {
  return (config.ssh_authorized_keys ?? []).length > 0 || isUsablePassword(config['bos.password']);
}

/** False for none, an empty one, and those that /etc/shadow knows as locked: `!`, `*`, `!` before a hash. */
export function isUsablePassword(password: string | undefined): boolean {
  return password !== undefined && password !== '' && !isLockedPassword(password);
}

export function isLockedPassword(password: string): boolean {
  return /^[!*]+$|^!+\$[a-z0-9]+\$/.test(password);
}

/** The ways in words: `a password`, `2 ssh keys`, `the keys of github:USER`. */
export function loginWays(config: Config): string[] {
  const keys = config.ssh_authorized_keys ?? [];
  const literal = keys.filter((key) => publicKeyLine.test(key.trim())).length;
  const ways = keys.filter((key) => !publicKeyLine.test(key.trim())).map((key) => `the keys of ${key}`);
  if (literal > 0) ways.unshift(literal === 1 ? 'an ssh key' : `${literal} ssh keys`);
  if (isUsablePassword(config['bos.password'])) ways.unshift('a password');
  return ways;
}

/** `a password, 2 ssh keys or the keys of github:USER` */
export const either = (ways: readonly string[]): string =>
  ways.length < 2 ? ways.join() : `${ways.slice(0, -1).join(', ')} or ${ways.at(-1)}`;

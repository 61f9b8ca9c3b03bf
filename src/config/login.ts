/** Whether a configuration gives anybody a way to log in: an installation without one locks its owner out. */
import type { Config } from './config.ts';

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

/** Public keys of a person, fetched from where they publish them, and shown as ssh shows them. */
import { publicKeyLine } from '../../../../config/keys/checks.ts';
import { sha256Of } from '../../../../host/digest.ts';
import type { Host } from '../../../../host/ports.ts';
import { keysIn } from '../../../../runtime/appliers/ssh-authorized-keys/authorized-keys.ts';

export const keyServices = { github: 'GitHub', gitlab: 'GitLab' } as const;
export type KeyService = keyof typeof keyServices;

/** Who waits at a terminal gives up sooner than a machine. */
const fetchOptions = { limit: 256 * 1024, timeoutMs: 20_000, retries: 1 } as const;

/**
 * The keys of a user, each with where it came from as its comment. Empty when the user has none. Throws what
 * `http.get` throws.
 */
export async function fetchUserKeys(host: Host, service: KeyService, user: string): Promise<string[]> {
  const { body } = await host.http.get(`https://${service}.com/${user}.keys`, fetchOptions);
  return keysIn(body.toString('utf8')).map((key) => `${key} ${service}:${user}`);
}

/** `ssh-ed25519 SHA256:… comment`, as `ssh-keygen -l` has it; the line itself when it is no key. */
export function describeKey(line: string): string {
  const words = line.trim().split(/\s+/);
  const blobIndex = words.findIndex((word) => /^AAAA[A-Za-z0-9+/]+={0,3}$/.test(word));
  const blob = words[blobIndex];
  if (!publicKeyLine.test(line.trim()) || blob === undefined) return line;
  const digest = Buffer.from(sha256Of(Buffer.from(blob, 'base64')), 'hex').toString('base64');
  return [
    words[blobIndex - 1],
    `SHA256:${digest.replace(/={1,2}$/, '')}`,
    ...words.slice(blobIndex + 1),
  ].join(' ');
}

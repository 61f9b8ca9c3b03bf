/** The ssh host keys of this system as ssh(1) shows them to whoever connects for the first time. */

import { sha256Of } from '../../host/digest.ts';
import type { Files } from '../../host/ports.ts';

/** As ssh prefers them: what a client is shown first comes first. */
const keyTypes = ['ed25519', 'ecdsa', 'rsa'] as const;

/** `ED25519 SHA256:…`, for each key that is there. */
export async function hostKeyFingerprints(files: Pick<Files, 'readText'>): Promise<string[]> {
  const lines = await Promise.all(
    keyTypes.map(async (type) => {
      const line = await files.readText(`/etc/ssh/ssh_host_${type}_key.pub`).catch(() => '');
      const [, blob] = line.trim().split(/\s+/);
      return blob === undefined ? [] : [`${type.toUpperCase()} ${fingerprint(blob)}`];
    }),
  );
  return lines.flat();
}

/** ssh-keygen(1), -l: the SHA-256 of what stands in base64, without the padding of its own base64. */
const fingerprint = (blob: string): string =>
  `SHA256:${Buffer.from(sha256Of(Buffer.from(blob, 'base64')), 'hex')
    .toString('base64')
    .replace(/={1,2}$/, '')}`;

/** A release that is signed, as minisign does it (see src/media/signature.ts). */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { join } from 'node:path';
import type { Host } from '../../../../src/host/ports.ts';
import { manifestPath } from '../../../../src/media/manifest.ts';
import { signaturePath } from '../../../../src/media/signature.ts';

/** Signs the manifest of a medium's tree; returns the public key, as `bos.upgrade.public_key` takes it. */
export async function signTree({ files }: Host, tree: string): Promise<string> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const id = randomBytes(8);
  const packed = (bytes: Uint8Array) => Buffer.concat([Buffer.from('Ed'), id, bytes]).toString('base64');
  const signature = sign(null, await files.read(join(tree, manifestPath)), privateKey);
  const comment = 'of the tests';
  const global = sign(null, Buffer.concat([signature, Buffer.from(comment)]), privateKey);
  const lines = ['untrusted comment: x', packed(signature), `trusted comment: ${comment}`];
  await files.write(join(tree, signaturePath), `${[...lines, global.toString('base64')].join('\n')}\n`);
  return packed(Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url'));
}

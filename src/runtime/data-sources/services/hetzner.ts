/**
 * Hetzner Cloud's server metadata; the keys come as JSON, the network as cloud-init has it. User data must be text there, so that binary data is
 * given as base64. https://docs.hetzner.cloud/ ("Server Metadata")
 */
import type { DataSource } from '../source.ts';
import { found, linesOf, networkFrom, stringsOf } from '../source.ts';

export const hetznerBase = 'http://169.254.169.254';

export const hetzner: DataSource = async (context) => {
  const server = context.service(hetznerBase);
  const hostname = await server.text('/hetzner/v1/metadata/hostname');
  if (hostname === undefined) return undefined;
  const keys = (await server.text('/hetzner/v1/metadata/public-keys')) ?? '';
  const userData = await server.bytes('/hetzner/v1/userdata');
  const network = await networkFrom(context, 'network-config', () =>
    server.bytes('/hetzner/v1/metadata/network-config'),
  );
  return found(userData && fromBase64(userData), hostname, parseKeys(keys), network);
};

/** A JSON list; a plain list of lines is understood as well. */
function parseKeys(text: string): string[] {
  try {
    return stringsOf(JSON.parse(text));
  } catch {
    return linesOf(text);
  }
}

/** No configuration and no script is made of the letters of base64 alone: a key ends with a colon. */
export function fromBase64(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1').replaceAll(/\s/g, '');
  const whole = text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
  return whole ? Buffer.from(text, 'base64') : bytes;
}

/**
 * Which instance a seed is for: what cloud-init runs once, it runs once for each of them. The kernel command line says it
 * (Raspberry Pi Imager writes `ds=nocloud;i=…` there), else the meta-data, else the content itself: then every change is
 * another instance. Pure.
 */
import { createHash } from 'node:crypto';

/** `named` by the command line or the meta-data. */
export function instanceOf(named: readonly (string | undefined)[], contents: readonly Uint8Array[]): string {
  const said = named.find((name) => name !== undefined && name !== '');
  if (said !== undefined) return said;
  const hash = createHash('sha256');
  for (const content of contents) hash.update(`${content.length}\n`).update(content);
  return `content-${hash.digest('hex').slice(0, 32)}`;
}

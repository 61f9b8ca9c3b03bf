/**
 * Google Compute Engine: user-data and ssh-keys among the attributes of the instance, ssh-keys also among those of
 * its project. Every request and every answer carries `Metadata-Flavor: Google`.
 * https://cloud.google.com/compute/docs/metadata/querying-metadata
 * https://cloud.google.com/compute/docs/connect/add-ssh-keys
 */

import type { DataSource } from '../source.ts';
import { field, found, linesOf } from '../source.ts';
import { BadAnswer } from './metadata-service.ts';

/** The address behind metadata.google.internal, for which no name server is needed. */
export const gcpBase = 'http://169.254.169.254';
const root = '/computeMetadata/v1';

export const gcp: DataSource = async ({ host, service }) => {
  const google = service(gcpBase, {
    headers: { 'Metadata-Flavor': 'Google' },
    check: ({ headers }) => {
      if (headers['metadata-flavor'] !== 'Google')
        throw new BadAnswer('the answer does not come from the metadata server of Google');
    },
  });
  // Every instance has one: without it this is another cloud.
  const hostname = await google.text(`${root}/instance/hostname`);
  if (hostname === undefined) return undefined;
  const own = await google.text(`${root}/instance/attributes/ssh-keys`);
  const blocked = await google.text(`${root}/instance/attributes/block-project-ssh-keys`);
  const project = /^true$/i.test(blocked ?? '')
    ? undefined
    : await google.text(`${root}/project/attributes/ssh-keys`);
  const now = host.clock.now();
  const keys = [own, project].flatMap(linesOf).flatMap((line) => googleKey(line, now));
  const userData = await google.bytes(`${root}/instance/attributes/user-data`);
  const encoding = await google.text(`${root}/instance/attributes/user-data-encoding`);
  const decoded =
    userData !== undefined && encoding === 'base64'
      ? Buffer.from(Buffer.from(userData).toString('latin1'), 'base64')
      : userData;
  return found(decoded, hostname, keys);
};

/** `USER:KEY`, for whoever USER is; a key whose `google-ssh {"expireOn": ...}` has passed is none. */
export function googleKey(line: string, now: number): string[] {
  const key = /^[^\s:]*:(.+)$/.exec(line)?.[1]?.trim();
  if (key === undefined) return [];
  const until = key.search(/\sgoogle-ssh\s+\{/);
  if (until < 0 || !key.endsWith('}')) return [key];
  const json = key.slice(key.indexOf('{', until));
  try {
    const expires = field(JSON.parse(json), 'expireOn');
    // As in 2026-01-31T10:20:30+0000. What cannot be read has expired.
    return expires === undefined || Date.parse(String(expires)) > now ? [key] : [];
  } catch {
    return [];
  }
}

/**
 * Scaleway: metadata for everybody on the machine, user data only for who asks from a port below 1024.
 * https://www.scaleway.com/en/developers/api/instance/user-data
 */
import type { DataSource } from '../source.ts';
import { field, found, stringsOf, textOf } from '../source.ts';

export const scalewayBase = 'http://169.254.42.42';

/** Above what well-known services listen on. */
const rootsPorts = [600, 1023] as const;
/** A key given as a tag of the instance: `_` stands for a space. */
const keyTag = 'AUTHORIZED_KEY=';

export const scaleway: DataSource = async ({ service }) => {
  const instance = service(scalewayBase);
  const meta = await instance.json('/conf?format=json');
  if (meta === undefined) return undefined;
  const listed = field(meta, 'ssh_public_keys');
  const keys = (Array.isArray(listed) ? listed : []).flatMap((entry) => stringsOf(field(entry, 'key')));
  const tags = stringsOf(field(meta, 'tags') ?? []).filter((tag) => tag.startsWith(keyTag));
  const tagged = tags.map((tag) => tag.slice(keyTag.length).replaceAll('_', ' '));
  const userData = await instance.bytes('/user_data/cloud-init', { localPorts: rootsPorts });
  return found(userData, textOf(field(meta, 'hostname')), [...keys, ...tagged]);
};

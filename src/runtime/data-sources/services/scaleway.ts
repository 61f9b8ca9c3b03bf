/**
 * Scaleway: metadata for everybody on the machine, user data only for who asks from a port below 1024.
 * https://www.scaleway.com/en/developers/api/instance/user-data
 */

import { wiredCards } from '../../../operation/wired-cards.ts';
import type { DataSource } from '../source.ts';
import { field, found, networkFrom, stringsOf, textOf } from '../source.ts';

export const scalewayBase = 'http://169.254.42.42';

/** Above what well-known services listen on. */
const rootsPorts = [600, 1023] as const;
/** A key given as a tag of the instance: `_` stands for a space. */
const keyTag = 'AUTHORIZED_KEY=';

export const scaleway: DataSource = async (context) => {
  const instance = context.service(scalewayBase);
  const meta = await instance.json('/conf?format=json');
  if (meta === undefined) return undefined;
  const listed = field(meta, 'ssh_public_keys');
  const keys = (Array.isArray(listed) ? listed : []).flatMap((entry) => stringsOf(field(entry, 'key')));
  const tags = stringsOf(field(meta, 'tags') ?? []).filter((tag) => tag.startsWith(keyTag));
  const tagged = tags.map((tag) => tag.slice(keyTag.length).replaceAll('_', ' '));
  const userData = await instance.bytes('/user_data/cloud-init', { localPorts: rootsPorts });
  const network = await networkFrom(context, 'scaleway', async () => {
    const given = { public_ips: field(meta, 'public_ips'), ipv6: field(meta, 'ipv6') };
    if ((given.public_ips ?? given.ipv6 ?? undefined) === undefined) return undefined;
    const [card] = await wiredCards(context.host, context.root);
    return { mac: card?.mac, ...given };
  });
  return found(userData, textOf(field(meta, 'hostname')), [...keys, ...tagged], network);
};

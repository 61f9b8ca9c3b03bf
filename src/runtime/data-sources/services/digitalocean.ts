/**
 * DigitalOcean's Droplet metadata: a text for each path, 404 where there is none.
 * https://docs.digitalocean.com/reference/api/metadata/
 */
import type { DataSource } from '../source.ts';
import { found, linesOf } from '../source.ts';

export const digitaloceanBase = 'http://169.254.169.254';

export const digitalocean: DataSource = async ({ service }) => {
  const droplet = service(digitaloceanBase);
  // Every Droplet has one: without it this is another cloud.
  if ((await droplet.text('/metadata/v1/id')) === undefined) return undefined;
  const hostname = await droplet.text('/metadata/v1/hostname');
  const keys = linesOf(await droplet.text('/metadata/v1/public-keys'));
  return found(await droplet.bytes('/metadata/v1/user-data'), hostname, keys);
};

/**
 * DigitalOcean's Droplet metadata: a text for each path, 404 where there is none; the network as JSON with all the rest.
 * https://docs.digitalocean.com/reference/api/metadata/
 */
import type { DataSource } from '../source.ts';
import { field, found, linesOf, networkFrom } from '../source.ts';

export const digitaloceanBase = 'http://169.254.169.254';

export const digitalocean: DataSource = async (context) => {
  const droplet = context.service(digitaloceanBase);
  // Every Droplet has one: without it this is another cloud.
  if ((await droplet.text('/metadata/v1/id')) === undefined) return undefined;
  const hostname = await droplet.text('/metadata/v1/hostname');
  const keys = linesOf(await droplet.text('/metadata/v1/public-keys'));
  const network = await networkFrom(context, 'digitalocean', async () => {
    const given = await droplet.json('/metadata/v1.json');
    // The reference shows it in a list of one.
    const meta = Array.isArray(given) ? given[0] : given;
    const interfaces = field(meta, 'interfaces');
    return interfaces === undefined ? undefined : { interfaces, dns: field(meta, 'dns') };
  });
  return found(await droplet.bytes('/metadata/v1/user-data'), hostname, keys, network);
};

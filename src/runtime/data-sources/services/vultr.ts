/**
 * Vultr: a text for each path; user data where EC2 has it, already decoded.
 * https://www.vultr.com/metadata/
 * https://www.vultr.com/docs/manage-instance-user-data-with-the-vultr-metadata-api/
 */
import type { DataSource } from '../source.ts';
import { field, found, linesOf, networkFrom } from '../source.ts';

export const vultrBase = 'http://169.254.169.254';

export const vultr: DataSource = async (context) => {
  const instance = context.service(vultrBase);
  // Every instance has one: without it this is another cloud.
  if ((await instance.text('/v1/instanceid')) === undefined) return undefined;
  const hostname = await instance.text('/v1/hostname');
  const keys = linesOf(await instance.text('/v1/public-keys'));
  const network = await networkFrom(context, 'vultr', async () => {
    const interfaces = field(await instance.json('/v1.json'), 'interfaces');
    return interfaces === undefined ? undefined : { interfaces };
  });
  return found(await instance.bytes('/latest/user-data'), hostname, keys, network);
};

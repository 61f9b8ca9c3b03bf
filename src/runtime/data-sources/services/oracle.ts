/**
 * Oracle Cloud: the instance metadata service, version 2. Keys and user data are entries of the instance's metadata, user
 * data as base64. https://docs.oracle.com/en-us/iaas/Content/Compute/Tasks/gettingmetadata.htm
 */
import type { DataSource } from '../source.ts';
import { field, found, linesOf, textOf } from '../source.ts';
import { fromBase64 } from './hetzner.ts';

export const oracleBase = 'http://169.254.169.254';

export const oracle: DataSource = async ({ service }) => {
  const instance = service(oracleBase, { headers: { Authorization: 'Bearer Oracle' } });
  const meta = await instance.json('/opc/v2/instance/');
  if (meta === undefined) return undefined;
  const given = field(meta, 'metadata');
  const userData = textOf(field(given, 'user_data'));
  return found(
    userData === undefined ? undefined : fromBase64(Buffer.from(userData, 'utf8')),
    textOf(field(meta, 'hostname')),
    linesOf(textOf(field(given, 'ssh_authorized_keys'))),
  );
};

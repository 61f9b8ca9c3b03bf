/**
 * Microsoft Azure: the instance metadata service, which answers only with `Metadata: true`. User data (`--user-data`)
 * come as base64; the older custom data are not there but on a CD in UDF, and are not read.
 * https://learn.microsoft.com/azure/virtual-machines/instance-metadata-service
 * https://learn.microsoft.com/azure/virtual-machines/user-data
 */
import type { DataSource } from '../source.ts';
import { field, found, stringsOf, textOf } from '../source.ts';
import { fromBase64 } from './hetzner.ts';

export const azureBase = 'http://169.254.169.254';
const compute = '/metadata/instance/compute';
/** The first version that has user data. */
const version = 'api-version=2021-01-01';

export const azure: DataSource = async ({ service }) => {
  const machine = service(azureBase, { headers: { Metadata: 'true' } });
  const meta = await machine.json(`${compute}?${version}`);
  if (meta === undefined) return undefined;
  // A machine made of a disk or a specialized image has no profile: neither this name nor keys.
  const hostname = textOf(field(field(meta, 'osProfile'), 'computerName')) ?? textOf(field(meta, 'name'));
  const listed = field(meta, 'publicKeys');
  const keys = (Array.isArray(listed) ? listed : []).flatMap((entry) => stringsOf(field(entry, 'keyData')));
  const userData = await machine.bytes(`${compute}/userData?${version}&format=text`);
  return found(userData && fromBase64(userData), hostname, keys);
};

/**
 * OpenStack: the config drive where there is one, else the metadata service; both hold the same files.
 * https://docs.openstack.org/nova/latest/user/metadata.html
 */

import { messageOf } from '../../../errors.ts';
import { BadAnswer } from '../services/metadata-service.ts';
import type { DataSource, Found, MetadataNetwork } from '../source.ts';
import { field, found, networkFrom, stringsOf, textOf } from '../source.ts';
import { findVolumes } from './volumes.ts';

export const openstackBase = 'http://169.254.169.254';
const metaData = 'openstack/latest/meta_data.json';
const networkData = 'openstack/latest/network_data.json';
const userData = 'openstack/latest/user_data';

export const openstack: DataSource = async (context) => {
  const onDrive = await fromDrive(context);
  if (onDrive !== undefined || !context.isHere) return onDrive;
  const service = context.service(openstackBase);
  const meta = await service.json(`/${metaData}`);
  if (meta === undefined) return undefined;
  const network = await networkFrom(context, 'network_data.json', () => service.bytes(`/${networkData}`));
  return fromMeta(meta, await service.bytes(`/${userData}`), network);
};

const fromDrive: DataSource = async ({ host, root, warn }) => {
  for (const volume of await findVolumes(host, root, ({ label }) => label.toLowerCase() === 'config-2')) {
    try {
      const [json, data] = await volume.read([metaData, userData]);
      if (json !== undefined) return fromMeta(parse(json, volume.path), data);
      warn(`${volume.path} is labelled config-2 but has no ${metaData}`);
    } catch (error) {
      // The service may still answer.
      warn(messageOf(error));
    }
  }
  return undefined;
};

function parse(json: Uint8Array, where: string): unknown {
  try {
    return JSON.parse(Buffer.from(json).toString('utf8'));
  } catch {
    throw new BadAnswer(`${metaData} on ${where} is not JSON`);
  }
}

function fromMeta(meta: unknown, data: Uint8Array | undefined, network?: MetadataNetwork): Found | undefined {
  // The keys by their names.
  return found(data, textOf(field(meta, 'hostname')), stringsOf(field(meta, 'public_keys') ?? []), network);
}

/**
 * Packet, later Equinix Metal: all metadata as one JSON document, user data beside it.
 * https://deploy.equinix.com/developers/docs/metal/server-metadata/metadata/
 */
import type { DataSource } from '../source.ts';
import { field, found, networkFrom, stringsOf, textOf } from '../source.ts';

export const packetBase = 'https://metadata.platformequinix.com';

export const packet: DataSource = async (context) => {
  const metal = context.service(packetBase);
  const meta = await metal.json('/metadata');
  if (meta === undefined) return undefined;
  const keys = stringsOf(field(meta, 'ssh_keys') ?? []);
  const network = await networkFrom(context, 'packet', async () => {
    const given = field(meta, 'network');
    return given === undefined ? undefined : { network: given };
  });
  return found(await metal.bytes('/userdata'), textOf(field(meta, 'hostname')), keys, network);
};

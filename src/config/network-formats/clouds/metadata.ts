/** The network as a cloud's metadata service says it, by the form that the service has. Pure. */
import type { Meaning } from '../../seed/meaning.ts';
import type { MetadataForm } from '../../sources/cloud-network-files.ts';
import { meaningOf, readNetworkConfig, readOpenStackNetwork } from '../network-config.ts';
import { readDigitalOcean } from './digitalocean.ts';
import { readPacket } from './packet.ts';
import { readScaleway } from './scaleway.ts';
import { readVultr } from './vultr.ts';

const readers: Readonly<Record<MetadataForm, (value: unknown) => Meaning>> = {
  'network-config': readNetworkConfig,
  'network_data.json': readOpenStackNetwork,
  digitalocean: (value) => meaningOf((gathered) => readDigitalOcean(value, gathered)),
  packet: (value) => meaningOf((gathered) => readPacket(value, gathered)),
  scaleway: (value) => meaningOf((gathered) => readScaleway(value, gathered)),
  vultr: (value) => meaningOf((gathered) => readVultr(value, gathered)),
};

/** `value` is what the JSON or YAML holds. Never throws. */
export const readMetadataNetwork = (form: MetadataForm, value: unknown): Meaning => readers[form](value);

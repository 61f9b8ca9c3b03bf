/** Where is kept what a cloud says of the network: of a disk by the boot phase, of a metadata service once that was asked. */

export const cloudNetworkFolder = '/run/bos/cloud-network';
/** Where the copy of a file is, by its form. */
export const cloudNetworkFiles = {
  'network-config': `${cloudNetworkFolder}/network-config`,
  'network_data.json': `${cloudNetworkFolder}/network_data.json`,
} as const;
export type CloudNetworkForm = keyof typeof cloudNetworkFiles;
/** Says which device they are from; written last. */
export const cloudNetworkOrigin = `${cloudNetworkFolder}/origin`;

/** Where the metadata service of a cloud says it: below what a disk says. */
export const metadataNetworkFolder = '/run/bos/metadata-network';
export const metadataNetworkFile = `${metadataNetworkFolder}/network`;
/** `FORM SOURCE`, such as `network-config hetzner`; written last. */
export const metadataNetworkOrigin = `${metadataNetworkFolder}/origin`;
/** Forms of cloud-init and OpenStack, and clouds that have one of their own, as JSON. */
export const metadataForms = [
  ...(['network-config', 'network_data.json'] as const),
  ...(['digitalocean', 'packet', 'scaleway', 'vultr'] as const),
];
export type MetadataForm = (typeof metadataForms)[number];

/** Bytes; the parser takes less, and says so. */
export const cloudNetworkLimit = 8 * 1024 * 1024;

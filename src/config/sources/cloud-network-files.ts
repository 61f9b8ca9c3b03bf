/** Where the boot phase keeps what a disk says of the network. */

export const cloudNetworkFolder = '/run/bos/cloud-network';
/** Where the copy of a file is, by its form. */
export const cloudNetworkFiles = {
  'network-config': `${cloudNetworkFolder}/network-config`,
  'network_data.json': `${cloudNetworkFolder}/network_data.json`,
} as const;
export type CloudNetworkForm = keyof typeof cloudNetworkFiles;
/** Says which device they are from; written last. */
export const cloudNetworkOrigin = `${cloudNetworkFolder}/origin`;

/** Bytes; the parser takes less, and says so. */
export const cloudNetworkLimit = 8 * 1024 * 1024;

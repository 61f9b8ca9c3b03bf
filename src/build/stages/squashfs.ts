/** How the squashfs images are packed. */

/** zstd at its default level, 15, unpacks fastest at this size; gzip (9) is for kernels without it. */
export const squashfsOptions = (date: number, compression: 'zstd' | 'gzip' = 'zstd'): readonly string[] => [
  ...[
    '-comp',
    compression,
    '-b',
    '256K',
    '-all-time',
    String(date),
    '-mkfs-time',
    String(date),
    '-no-progress',
  ],
];

/** How both squashfs images are packed. */

/** zstd at its default level, 15: what unpacks fastest at this size. */
export const squashfsOptions = (date: number): readonly string[] => [
  ...['-comp', 'zstd', '-b', '256K', '-all-time', String(date), '-mkfs-time', String(date), '-no-progress'],
];

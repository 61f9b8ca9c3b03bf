/** What is mounted where, from /proc/self/mountinfo (proc(5)), and what is swapped to. */

export interface Mount {
  /** `major:minor` of the file system; made up by some, such as btrfs. */
  readonly number: string;
  /** The folder of the file system that is mounted; `/` for all of it. */
  readonly folder: string;
  readonly mountPoint: string;
  /** The mount, or the file system itself. */
  readonly readOnly: boolean;
  readonly fsType: string;
  /** The device as it was named when mounting; anything for file systems without one. */
  readonly source: string;
}

/** Parses /proc/self/mountinfo; lines that make no sense are left out. */
export function parseMountinfo(text: string): Mount[] {
  const lines = text.split('\n').filter((line) => line.includes(' - '));
  return lines.flatMap((line) => {
    const [before = '', after] = line.split(' - ', 2);
    const fields = before.split(' ');
    const [fsType, source, superOptions = ''] = (after ?? '').split(' ');
    const [, , number, folder, mountPoint, options = ''] = fields;
    if (number === undefined || folder === undefined || mountPoint === undefined) return [];
    if (fsType === undefined || source === undefined) return [];
    return [
      {
        number,
        folder: unescapeOctal(folder),
        mountPoint: unescapeOctal(mountPoint),
        readOnly: [options, superOptions].some((list) => list.split(',').includes('ro')),
        fsType,
        source: unescapeOctal(source),
      },
    ];
  });
}

/** The devices and files of /proc/swaps. */
export function parseSwaps(text: string): string[] {
  const lines = text.split('\n').slice(1);
  return lines
    .map((line) => /^\S+/.exec(line)?.[0] ?? '')
    .filter((path) => path !== '')
    .map(unescapeOctal);
}

/** Where a device is mounted; `[SWAP]` when it is swapped to. */
export function mountPointsOf(
  device: { readonly number: string; readonly path: string },
  mounts: readonly Mount[],
  swaps: readonly string[],
): string[] {
  const points = mounts
    .filter((mount) => mount.number === device.number || mount.source === device.path)
    .map((mount) => mount.mountPoint);
  if (swaps.includes(device.path)) points.push('[SWAP]');
  return [...new Set(points)];
}

/** The mount that a path lies on: the longest mount point above it, the last of those that cover each other. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  return mounts
    .filter(({ mountPoint }) => path === mountPoint || path.startsWith(`${mountPoint.replace(/\/$/, '')}/`))
    .reduce<Mount | undefined>(
      (best, mount) =>
        best === undefined || mount.mountPoint.length >= best.mountPoint.length ? mount : best,
      undefined,
    );
}

/** Spaces, tabs, newlines and backslashes are written as three octal digits. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

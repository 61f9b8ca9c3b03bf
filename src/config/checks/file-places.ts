/** Where write_files cannot write, as far as a path itself tells. Pure. */

/** What systemd itself mounts when it starts; the units for /dev/hugepages and /dev/mqueue are off. */
const earlyMounts = ['/dev/shm', '/run/lock'] as const;

const folders: readonly string[] = 'boot dev etc home media mnt opt proc root run srv sys tmp var'.split(' ');

/** Links that every system has: a path through them leads below /usr, /bos or /var. */
const systemLinks: readonly (readonly [string, string])[] = [
  ['/bin', '/usr/bin'],
  ['/sbin', '/usr/sbin'],
  ['/lib', '/usr/lib'],
  ['/lib32', '/usr/lib32'],
  ['/lib64', '/usr/lib64'],
  ['/libx32', '/usr/libx32'],
  ['/usr/local', '/var/local'],
  ['/bhojpur', '/bos'],
];

/** Why the file cannot be written on any system. `path` as a person wrote it. */
export function pathFault(path: string): string | undefined {
  const names = namesOf(path);
  if (names.includes('..')) return 'a path with .. is not followed';
  if (names.some((name) => Buffer.byteLength(name) > 255)) return 'a name in it has more than 255 bytes';
  if (names.length === 1 && folders.includes(names[0] ?? '')) return 'there is a folder with that name';
  const resolved = throughLinks(`/${names.join('/')}`);
  const why = readOnlyReason(resolved);
  return why === undefined || resolved === path ? why : `it is ${resolved}, and ${why}`;
}

/** Why the file may be hidden or refused when it is written. */
export const pathDoubt = (path: string): string | undefined =>
  lateMount(throughLinks(`/${namesOf(path).join('/')}`))?.why;

const namesOf = (path: string): string[] => path.split('/').filter((name) => name !== '' && name !== '.');

function throughLinks(path: string): string {
  const link = systemLinks.find(([from]) => path.startsWith(`${from}/`));
  return link === undefined ? path : `${link[1]}${path.slice(link[0].length)}`;
}

/** `path` is absolute and free of links, `.` and `..`; so in what follows. */
export function readOnlyReason(path: string): string | undefined {
  if (isBelow(path, '/usr')) return `/usr is read-only: write ${besideUsr(path)} instead`;
  if (!isBelow(path, '/bos')) return undefined;
  const instead =
    path === '/bos/system/config.yaml' ? '/var/lib/bhojpur/os/config.yaml' : 'below /usr/local or /opt';
  return `/bos is read-only: write ${instead} instead`;
}

/** What is mounted over the path later than files are written, and when that is. */
export function lateMount(
  path: string,
): { readonly mount: string; readonly until: 'systemd' | 'login'; readonly why: string } | undefined {
  const mount = earlyMounts.find((candidate) => isBelow(path, candidate));
  if (mount !== undefined) {
    const why = `${mount} is mounted when systemd starts, which would hide the file: write it below /run instead`;
    return { mount, until: 'systemd', why };
  }
  const folder = /^\/run\/user\/[^/]+/.exec(path)?.[0];
  if (folder === undefined) return undefined;
  const why = `${folder} is mounted when its user logs in, which would hide the file: write it below /home or /run instead`;
  return { mount: folder, until: 'login', why };
}

export const isBelow = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(`${folder}/`);

/** The place that programs look at as well, and before the one below /usr. */
function besideUsr(path: string): string {
  const [, program] = /^\/usr\/(s?bin\/.+)$/.exec(path) ?? [];
  if (program !== undefined) return `/usr/local/${program}`;
  const [, setting] = /^\/usr\/lib\/(systemd\/(?:system|user)\/.+|[a-z-]+\.d\/.+)$/.exec(path) ?? [];
  return setting === undefined ? 'below /usr/local or /opt' : `/etc/${setting}`;
}

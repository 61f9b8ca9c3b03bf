/** How packages are installed into a folder: as root, or without root inside a user namespace. */
import { refused } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import { ToolFailed } from '../host/tool-failed.ts';

export type InstallMode = 'root' | 'unshare';

/**
 * What mmdebstrap is told. Throws OpsError `user-namespaces` (refused) where an ordinary user cannot have a user
 * namespace with several users in it, `namespaces` (refused) where not even root can have any.
 */
export async function installMode(host: Host): Promise<InstallMode> {
  if (host.system.uid === 0) return asRoot(host);
  try {
    // Alone first: where a namespace is refused (a container, a chroot, a sysctl), unshare 2.38 with --map-auto leaves
    // a process behind that waits for it for ever and holds our pipes.
    await host.processes.run('unshare', ['--user', '--', 'true']);
    await host.processes.run('unshare', [...asNamespaceRoot, 'true'], { timeoutMs: 20_000 });
    return 'unshare';
  } catch (error) {
    throw refused('user-namespaces', 'This user cannot build: user namespaces are not available', {
      ...inWordsOf(error),
      hint:
        'Build as root, or ask an administrator to allow it: install uidmap, give this user 65536 ids in /etc/subuid ' +
        'and /etc/subgid (usermod --add-subuids 100000-165535 --add-subgids 100000-165535 USER), and set the ' +
        'sysctls user.max_user_namespaces above 0 and kernel.unprivileged_userns_clone (where it exists) to 1. In a ' +
        'container and in a chroot only root can build.',
    });
  }
}

async function asRoot(host: Host): Promise<'root'> {
  try {
    await host.processes.run('unshare', [...ownMounts, 'true']);
    return 'root';
  } catch (error) {
    throw refused('namespaces', 'Root cannot build here: it cannot create namespaces', {
      ...inWordsOf(error),
      hint:
        'A container needs the capability CAP_SYS_ADMIN for them (docker run --privileged, for example). Or build ' +
        'outside of the container.',
    });
  }
}

/** What unshare said. */
const inWordsOf = (cause: unknown) => ({
  cause,
  details: cause instanceof ToolFailed ? cause.stderr.trim().split('\n') : [],
});

/** Mounts and processes in it go away with their first process. */
const ownMounts = ['--mount', '--pid', '--fork', '--kill-child', '--'];

/** Also tries newuidmap and the ranges of subuid(5). */
const asNamespaceRoot = ['--user', '--map-root-user', '--map-auto', '--'];

/** The command line for a program that takes over its own user's id: it sees 0 also without root. */
export const seenAsRoot = (host: Host, command: string, args: readonly string[]): [string, string[]] =>
  host.system.uid === 0
    ? [command, [...args]]
    : ['unshare', ['--user', '--map-root-user', '--', command, ...args]];

/**
 * The command line for a program that starts many others and mounts file systems: ended by a signal, it takes all of
 * them along within two seconds. Without root, mmdebstrap makes such namespaces itself.
 */
export function killable(mode: InstallMode, command: string, args: readonly string[]): [string, string[]] {
  const namespaces = ['unshare', ...ownMounts];
  // The duration 0 is no limit; timeout(1) hands signals on to its process group.
  return ['timeout', ['--kill-after=2', '0', ...(mode === 'root' ? namespaces : []), command, ...args]];
}

/** Removes a folder in which other users of the namespace may have left files. */
export async function removeWorkFolder(host: Host, path: string): Promise<void> {
  try {
    await host.files.remove(path);
  } catch {
    await host.processes.run('unshare', [...asNamespaceRoot, 'rm', '-rf', '--', path]);
  }
}

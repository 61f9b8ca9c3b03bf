/**
 * Another Linux without a virtual machine: a folder with its files, run in a mount namespace of its own in which it
 * has /dev, /proc and /sys as a machine has them. What it mounts is gone with the command.
 */
import type { RunResult } from '../../../../src/host/ports.ts';
import type { SystemContext } from '../machines.ts';

const enter =
  'for f in dev sys; do mkdir -p "$0/$f"; mount --rbind "/$f" "$0/$f"; done; mkdir -p "$0/proc"; ' +
  'mount -t proc proc "$0/proc"; exec chroot "$0" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"';

/** Runs a command in the system at `root`, whatever its exit code; TERM and the like are not passed on. */
export const inside = (t: SystemContext, root: string, ...words: string[]): Promise<RunResult> =>
  t.host.processes.run(
    'unshare',
    ['--mount', '--propagation', 'private', 'sh', '-c', enter, root, ...words],
    { okCodes: Array.from({ length: 256 }, (_, code) => code), timeoutMs: 300_000 },
  );

/** Why nothing of it can be done on this machine; undefined when it can. */
export async function whyNotInside({ host }: SystemContext): Promise<string | undefined> {
  if (host.system.uid !== 0) return 'not root';
  if (!(await host.files.exists('/dev/loop-control'))) return 'no loop devices';
  if (!/\text4$/m.test(await host.files.readText('/proc/filesystems'))) return 'no ext4 in this kernel';
  return undefined;
}

/**
 * A block device of this machine whose writes and flushes are logged: a loop device over a file that
 * qemu-storage-daemon shows through FUSE, with QEMU's blklogwrites behind it. Needs root.
 */
import type { Child, Host } from '../../src/host/ports.ts';
import { attachLoop } from '../disk/loop-device.ts';

export interface LoggedLoop {
  readonly device: string;
  /** Detaches the device; the log is complete then. */
  close(): Promise<void>;
}

/** Why there can be no such device here, or undefined. */
export async function whyNoLoggedLoop({ files, processes, system }: Host): Promise<string | undefined> {
  if (system.uid !== 0) return 'not root';
  for (const path of ['/dev/fuse', '/dev/loop-control']) if (!(await files.exists(path))) return `no ${path}`;
  if (!/\text4$/m.test(await files.readText('/proc/filesystems'))) return 'no ext4 in this kernel';
  for (const tool of ['qemu-storage-daemon', 'losetup', 'grub-fstest', 'busybox'])
    if ((await processes.which(tool)) === undefined) return `no ${tool}`;
  return undefined;
}

/** Shows the raw image at `image` as a block device and logs to the file `log`; `folder` is for what else it needs. */
export async function loggedLoop(
  host: Host,
  folder: string,
  image: string,
  log: string,
): Promise<LoggedLoop> {
  const { files, processes, clock } = host;
  const shown = `${folder}/shown-${host.random.uuid()}`;
  await files.write(shown, '');
  await processes.run('truncate', ['--size', '4G', log]);
  const file = (name: string, path: string) =>
    `driver=file,node-name=${name},filename=${path},cache.no-flush=on`;
  const daemon: Child = processes.start('qemu-storage-daemon', [
    ...['--blockdev', file('disk', image), '--blockdev', file('log', log)],
    ...['--blockdev', 'driver=blklogwrites,node-name=logged,file=disk,log=log,log-sector-size=512'],
    ...['--export', `type=fuse,id=export,node-name=logged,mountpoint=${shown},writable=on`],
  ]);
  let ended = false;
  const end = daemon.exited.finally(() => {
    ended = true;
  });
  // The daemon says nothing when it is ready; the file then has the size of the image.
  while (((await files.stat(shown))?.size ?? 0) === 0) {
    if (ended) throw new Error('qemu-storage-daemon did not start');
    await clock.sleep(10);
  }
  const { device, detach } = attachLoop(shown, ['--partscan']);
  // Not every kernel knows GPT by itself.
  await processes.run('partx', ['--update', device], { okCodes: [0, 1] });
  return {
    device,
    close: async () => {
      // A loop device is let go of when the last user has closed it.
      detach();
      await processes.run('sync', []);
      daemon.kill('SIGTERM');
      await end;
    },
  };
}

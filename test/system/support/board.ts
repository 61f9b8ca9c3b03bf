/**
 * A board made for a test: a Debian with a kernel and an initramfs of its own in an image, started without a boot loader
 * of ours. Its packages are unpacked and not configured, so nothing of another architecture runs on this machine; its
 * systemd comes up all the same, which shows that the old system starts.
 */
import { join } from 'node:path';
import { type ArchitectureName, architectures } from '../../../src/architectures.ts';
import { parseModulesDep, withDependencies } from '../../../src/build/stages/initrd.ts';
import { type CpioEntry, encodeCpio } from '../../../src/formats/compression/cpio.ts';
import type { MachineInput } from '../../../src/vm/machine.ts';
import { aptSources } from './apt-sources.ts';
import type { SystemContext } from './machines.ts';
import { mmdebstrap } from './mmdebstrap.ts';

/** Debian's kernels by the architecture; the small one where there is one. */
const kernels: Readonly<Record<ArchitectureName, string>> = {
  amd64: 'linux-image-cloud-amd64',
  arm64: 'linux-image-cloud-arm64',
  arm: 'linux-image-armmp',
};

/** What an initramfs needs to mount the root; the rest the board has in its root. */
const modules = ['virtio_pci', 'virtio_mmio', 'virtio_blk', 'ext4', 'crc32c_generic'];

/**
 * As that of a distribution does it: mount the root as the command line says, and start /sbin/init. With test.unpack the
 * board is one that runs: a tarball, its second disk, is unpacked over the root.
 */
const init = `#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs dev /dev
for m in $(/bin/busybox cat /modules); do /bin/busybox insmod $m; done
how=rw; for w in $(/bin/busybox cat /proc/cmdline); do case $w in ro|rw) how=$w ;; test.unpack) unpack=1 ;; esac; done
until [ -b /dev/vda ]; do /bin/busybox sleep 0.1; done
/bin/busybox mount -t ext4 -o $how /dev/vda /root
if [ "$unpack" ]; then
  /bin/busybox tar zxvf /dev/vdb --strip-components=1 -C /root
  /bin/busybox sync
  echo 'it is on the disk'
  /bin/busybox sleep 10000
fi
/bin/busybox umount /dev /proc
exec /bin/busybox switch_root /root /sbin/init
`;

/** Bytes of the file system. */
const size = 1.2e9 - (1.2e9 % 4096);

export interface Board {
  readonly arch: ArchitectureName;
  /** The root: an ext4 file system without a partition table. */
  readonly image: string;
  readonly kernel: string;
  readonly initrd: string;
}

const namesIn = (folder: string, arch: ArchitectureName): Board => ({
  arch,
  image: join(folder, 'board.img'),
  kernel: join(folder, 'vmlinuz'),
  initrd: join(folder, 'initrd'),
});

/** Makes it in the folder. `busybox` is static, of that architecture. Needs root. */
export async function makeBoard(t: SystemContext, arch: ArchitectureName): Promise<Board> {
  const { files, processes } = t.host;
  const board = namesIn(t.folder, arch);
  const tree = join(t.folder, 'tree');
  const words = [
    ...['--variant=extract', '--format=directory', '--aptopt=APT::Install-Recommends "false"'],
    ...[`--architectures=${architectures[arch].debian}`, '--skip=check/qemu'],
    ...['man', 'doc', 'locale'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
    `--include=systemd-sysv,udev,kmod,util-linux,mount,bash,login,busybox-static,${kernels[arch]}`,
    ...['bookworm', tree],
  ];
  await mmdebstrap(t.host, words, await plainSources(t));
  for (const name of ['proc', 'sys', 'dev', 'run', 'tmp', 'root']) await files.makeDir(join(tree, name));
  await files.write(join(tree, 'etc/fstab'), '/dev/vda / ext4 defaults 0 1\n');
  await files.write(join(tree, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  await files.write(join(tree, 'etc/group'), 'root:x:0:\n');
  const boot = await files.list(join(tree, 'boot'));
  const kernel = boot.find((name) => name.startsWith('vmlinuz-')) ?? '';
  await files.copy(join(tree, 'boot', kernel), board.kernel);
  await files.write(board.initrd, await initramfs(t, tree, kernel.replace('vmlinuz-', '')));
  await processes.run('truncate', ['-s', String(size), board.image]);
  await processes.run('mkfs.ext4', ['-q', '-F', '-d', tree, board.image]);
  await processes.run('rm', ['-rf', '--one-file-system', '--', tree]);
  return board;
}

/** The machine's own sources without those of security updates: a board for a test needs none. */
async function plainSources(t: SystemContext): Promise<string[]> {
  const { files } = t.host;
  const made: string[] = [];
  for (const path of await aptSources(t.host)) {
    const to = join(t.folder, path.replaceAll('/', '_'));
    const text = await files.readText(path);
    const parts = path.endsWith('.sources') ? text.split(/\n{2,}/) : text.split('\n');
    const kept = parts.filter((part) => !part.includes('security'));
    await files.write(to, `${kept.join(path.endsWith('.sources') ? '\n\n' : '\n')}\n`);
    made.push(to);
  }
  return made;
}

async function initramfs(t: SystemContext, tree: string, release: string): Promise<Uint8Array> {
  const { files, processes } = t.host;
  const folder = join(tree, 'lib/modules', release);
  await processes.run('depmod', ['--basedir', tree, release]);
  const dep = parseModulesDep(await files.readText(join(folder, 'modules.dep')));
  const needed: string[] = [];
  for (const path of withDependencies(modules, dep)) {
    // Those that a module needs come before it.
    for (const each of [...(dep.get(path) ?? []).toReversed(), path])
      if (!needed.includes(each)) needed.push(each);
  }
  const file = (path: string, data: Uint8Array, mode = 0o100644): CpioEntry => ({ path, mode, data });
  const loaded = needed.map((path) => `/${path.replaceAll('/', '_')}`);
  return encodeCpio(
    [
      ...['bin', 'dev', 'proc', 'root'].map((path) => ({ path, mode: 0o040755 })),
      { path: 'dev/console', mode: 0o020600, device: [5, 1] },
      file('bin/busybox', await files.read(join(tree, 'bin/busybox')), 0o100755),
      file('init', Buffer.from(init), 0o100755),
      file('modules', Buffer.from(`${loaded.join('\n')}\n`)),
      ...(await Promise.all(
        needed.map(async (path, index) =>
          file(loaded[index]?.slice(1) ?? '', await files.read(join(folder, path))),
        ),
      )),
    ],
    0,
  );
}

/** A board of a fixture, with a disk of its own for one test. */
export async function boardOf(t: SystemContext, fixture: string, arch: ArchitectureName): Promise<Board> {
  const made = namesIn(t.fixture(fixture), arch);
  const image = join(t.folder, 'board.img');
  await t.host.processes.run('cp', ['--sparse=always', made.image, image]);
  return { ...made, image };
}

/** Starts it as its boot loader does. */
export const startOf = ({ arch, image, kernel, initrd }: Board, ...words: string[]): MachineInput => ({
  ...{ arch, memory: 768, network: null },
  kernel: {
    ...{ kernel, initrd },
    append: ['root=/dev/vda', `console=${architectures[arch].serial.replace(/,.*/, '')}`, ...words].join(' '),
  },
  disks: [{ id: 'card', file: image, bus: 'virtio', cache: 'unsafe' }],
});

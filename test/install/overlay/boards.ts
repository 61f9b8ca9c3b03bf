/** Boards for tests: a root with little in it, as a folder or in an image, and a small rootfs tarball. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  openSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type ArchitectureName, architectures } from '../../../src/architectures.ts';
import { tarEnd, tarHeader, tarPadding } from '../../../src/formats/archives/tar.ts';
import { sha256Of } from '../../../src/host/digest.ts';
import { renderManifest } from '../../../src/media/manifest.ts';
import { overlayFiles } from '../../../src/media/overlay.ts';

export const ours = '#!/bos/system/overlay/busybox sh\n# ours\n';

/** As much of a program as tells for which machine it is. */
export function program(arch: ArchitectureName, machine = architectures[arch].elf.machine): Buffer {
  const header = Buffer.alloc(64);
  header.write('\x7fELF', 0, 'latin1');
  header[4] = architectures[arch].elf.bits === 64 ? 2 : 1;
  header[5] = 1;
  header.writeUInt16LE(machine, 18);
  return header;
}

export interface RootOptions {
  readonly arch?: ArchitectureName;
  /** What /sbin/init is: a link to that, or a program. */
  readonly init?: 'link' | 'file' | 'none';
  readonly commandLine?: string | null;
  readonly more?: Readonly<Record<string, string | Buffer>>;
}

/** Writes a root as Debian has it, with merged /usr, to the folder. */
export function writeRoot(folder: string, options: RootOptions = {}): void {
  const {
    arch = 'arm64',
    init = 'link',
    commandLine = 'console=tty1 root=PARTUUID=1-02 rootwait ro',
  } = options;
  const put = (path: string, content: string | Buffer) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  for (const name of ['etc', 'usr/bin', 'usr/sbin', 'usr/lib', 'boot', 'proc'])
    mkdirSync(join(folder, name), { recursive: true });
  for (const name of ['bin', 'sbin', 'lib']) symlinkSync(`usr/${name}`, join(folder, name));
  put('usr/bin/dash', program(arch));
  symlinkSync('dash', join(folder, 'usr/bin/sh'));
  put('usr/lib/systemd/systemd', program(arch));
  put('etc/os-release', 'PRETTY_NAME="A board"\n');
  if (init === 'link') symlinkSync('../lib/systemd/systemd', join(folder, 'usr/sbin/init'));
  if (init === 'file') put('usr/sbin/init', program(arch));
  if (commandLine !== null) put('boot/firmware/cmdline.txt', `${commandLine}\n`);
  for (const [path, content] of Object.entries(options.more ?? {})) put(path, content);
}

/** An ext4 file system with what is in `folder`; returns the path of the image. */
export function rootImage(folder: string, path: string, size = 96 * 2 ** 20): string {
  writeFileSync(path, '');
  truncateSync(path, size);
  execFileSync('mkfs.ext4', ['-q', '-F', '-d', folder, path]);
  return path;
}

/** A disk of an MBR with these file systems as partitions of Linux, each at a MiB. */
export function diskImage(path: string, parts: readonly string[]): string {
  const record = Buffer.alloc(512);
  record.writeUInt16LE(0xaa55, 510);
  let next = 2 ** 20;
  writeFileSync(path, '');
  parts.forEach((part, index) => {
    const { size } = statSync(part);
    const entry = 446 + index * 16;
    record[entry + 4] = 0x83;
    record.writeUInt32LE(next / 512, entry + 8);
    record.writeUInt32LE(size / 512, entry + 12);
    // The holes stay holes.
    const places = [`seek=${next / 2 ** 20}`, 'bs=1M', 'conv=sparse,notrunc', 'status=none'];
    execFileSync('dd', [`if=${part}`, `of=${path}`, ...places]);
    next += Math.ceil(size / 2 ** 20) * 2 ** 20;
  });
  truncateSync(path, next);
  const disk = openSync(path, 'r+');
  writeSync(disk, record);
  closeSync(disk);
  return path;
}

/** A rootfs tarball as the build makes it, with a small system. */
export function smallTarball(path: string, arch: ArchitectureName = 'arm64'): string {
  const rootfs = Buffer.from('a root file system '.repeat(1000));
  const system = 'bos/system/os/1.2.3/rootfs.squashfs';
  const manifest = renderManifest({
    ...{ v: 1, arch, kernel: 'board', os: '1.2.3', dcp: null },
    files: [{ path: system, size: rootfs.length, sha256: sha256Of(rootfs) }],
  });
  const files: readonly (readonly [path: string, content: string | Buffer])[] = [
    [overlayFiles.busybox, program(arch)],
    [overlayFiles.init, ours],
    [overlayFiles.start, 'exit 0\n'],
    [overlayFiles.e2fsck, program(arch)],
    [system, rootfs],
    ['bos/system/manifest.json', manifest],
    [overlayFiles.unpacked, `${sha256Of(manifest)}\n`],
  ];
  const mtime = 1_750_000_000;
  const entries = files.flatMap(([name, content]) => {
    const bytes = Buffer.from(content);
    const entry = { path: `top/${name}`, type: 'File', mode: 0o644, mtime, size: bytes.length } as const;
    return [tarHeader(entry), bytes, tarPadding(bytes.length)];
  });
  writeFileSync(path, gzipSync(Buffer.concat([...entries, tarEnd])));
  return path;
}

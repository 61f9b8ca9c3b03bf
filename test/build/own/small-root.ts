/** A root file system with everything that a medium needs, in a few names: what a test takes away is what is missing. */
import { architectures } from '../../../src/architectures.ts';
import type { Wanted } from '../../../src/build/own/inspect.ts';
import {
  libraryPackages,
  neededPrograms,
  neededUnits,
  usefulPrograms,
} from '../../../src/build/own/programs.ts';
import type { Entry, Layer } from './archives.ts';

export const release = '6.1.0-99-amd64';

/** The start of an ELF file for x86-64: class, byte order, type and machine. */
const elf = Buffer.concat([
  Buffer.from('\x7fELF\x02\x01\x01', 'latin1'),
  Buffer.alloc(9),
  Buffer.from([3, 0, 62, 0]),
]);

const program: Entry = { content: '#!', mode: 0o755 };
const libraries = [...Object.keys(libraryPackages), 'libc.so.6', 'libm.so.6'];
export const fileSystems = ['squashfs', 'ext4', 'vfat'];

export const wanted: Wanted = {
  architecture: architectures.amd64,
  node: { libraries: [...libraries, 'ld-linux-x86-64.so.2'] },
  fileSystems,
};

const modules = `usr/lib/modules/${release}`;

/** `changes` replaces entries by their path; undefined takes one away. */
export function smallRoot(changes: Readonly<Record<string, Entry | string | undefined>> = {}): Layer {
  const all: Record<string, Entry | string | undefined> = {
    'usr/': '',
    'etc/': '',
    'var/lib/': '',
    ...{ bin: '->usr/bin', sbin: '->usr/sbin', lib: '->usr/lib', lib64: '->usr/lib64' },
    'usr/lib64/ld-linux-x86-64.so.2': '->../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2',
    'usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2': program,
    ...Object.fromEntries(libraries.map((name) => [`usr/lib/x86_64-linux-gnu/${name}`, 'library'])),
    ...Object.fromEntries(
      [...Object.keys(neededPrograms), ...Object.keys(usefulPrograms)].map((name) => [
        `usr/bin/${name}`,
        program,
      ]),
    ),
    ...Object.fromEntries(
      Object.keys(neededUnits).map((name) => [`usr/lib/systemd/system/${name}`, '[Unit]']),
    ),
    'usr/lib/systemd/systemd': { content: elf, mode: 0o755 },
    'etc/os-release': '->../usr/lib/os-release',
    'usr/lib/os-release': 'PRETTY_NAME="My OS 3"\nID=mine\nID_LIKE="debian"\nVERSION_ID=3\n',
    'etc/passwd': 'root:x:0:0:root:/root:/bin/bash\n',
    'etc/group': 'root:x:0:\nsudo:x:27:admin\n',
    'etc/shadow': { content: 'root:*:19000:0:99999:7:::\n', mode: 0o640, gid: 42 },
    'etc/gshadow': 'root:*::\nsudo:*::admin\n',
    [`boot/vmlinuz-${release}`]: 'a kernel',
    [`${modules}/modules.dep`]: 'kernel/fs/ext4/ext4.ko:\nkernel/fs/fat/vfat.ko.xz:\n',
    [`${modules}/modules.builtin`]: 'kernel/fs/squashfs/squashfs.ko\n',
    'var/lib/dpkg/status':
      'Package: one\nStatus: install ok installed\nVersion: 1\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\n',
    ...changes,
  };
  return Object.entries(all).flatMap(([path, entry]) =>
    entry === undefined ? [] : [[path, entry] as const],
  );
}

/** Which machine the programs of a root file system are for, by the ELF header of one that every system has. */
import type { Manifest } from '../../media/manifest.ts';
import { type RootView, readIn } from './root-view.ts';

/** Any of them: what init is made of, shells, the C library's loader. */
const programs = [
  ...['bin/sh', 'usr/bin/sh', 'bin/bash', 'bin/busybox', 'usr/lib/systemd/systemd', 'lib/systemd/systemd'],
  ...['sbin/init', 'lib/ld-linux-aarch64.so.1', 'lib/ld-linux-armhf.so.3', 'lib64/ld-linux-x86-64.so.2'],
];

/** ELF, System V ABI: e_machine at 18, two bytes in the order that byte 5 names. */
const machines: ReadonlyMap<number, { readonly arch?: Manifest['arch']; readonly machine: string }> = new Map(
  [
    [0x3e, { arch: 'amd64', machine: 'amd64' }],
    [0xb7, { arch: 'arm64', machine: 'arm64' }],
    [0x28, { arch: 'arm', machine: 'arm' }],
    [0x03, { machine: 'i386' }],
    [0xf3, { machine: 'RISC-V' }],
    [0x08, { machine: 'MIPS' }],
    [0x15, { machine: 'POWER' }],
  ],
);

export interface RootMachine {
  readonly arch: Manifest['arch'] | undefined;
  readonly machine: string;
}

/** Of the first of those programs that is one. */
export async function machineOf(view: RootView): Promise<RootMachine> {
  for (const path of programs) {
    const head = Buffer.from((await readIn(view, path, 20)) ?? []);
    if (head.length < 20 || head.readUInt32BE(0) !== 0x7f454c46) continue;
    const number = head[5] === 2 ? head.readUInt16BE(18) : head.readUInt16LE(18);
    const known = machines.get(number);
    return { arch: known?.arch, machine: known?.machine ?? `machine ${number}` };
  }
  return { arch: undefined, machine: '' };
}

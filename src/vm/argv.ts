/** A machine as QEMU's command line: a pure function. */
import { type ArchitectureName, architectures } from '../architectures.ts';
import { assignSlots, blockNode, type DeviceProperties, diskDevice, driveId } from './devices.ts';
import { type Disk, type MachineSpec, type MachineType, machineType } from './machine.ts';

export type Accelerator = 'kvm' | 'tcg';

/** What belongs to one run of a machine and not to the machine. */
export interface RunContext {
  readonly accelerator: Accelerator;
  /** The machine's own copy of the UEFI variables; needed unless the firmware is a BIOS. */
  readonly variables?: string;
  /** The serial console: this terminal with QEMU's monitor, or a socket that QEMU waits on, with a log. */
  readonly console: 'terminal' | { readonly socket: string; readonly log: string };
  /** The socket of the machine protocol. */
  readonly qmp?: string;
  /** Loads the state saved in this file instead of booting. */
  readonly incoming?: string;
}

export const qemuProgram = (arch: ArchitectureName): string => architectures[arch].qemu.program;

/** undefined where there is none: a BIOS is part of QEMU, and a kernel can be started without any. */
export const firmwareFiles = ({ arch, firmware }: Pick<MachineSpec, 'arch' | 'firmware'>) =>
  firmware === 'bios' ? undefined : architectures[arch].qemu.firmware[firmware];

/** Ports for disks that are plugged in later; but for the old pc only a root port takes a PCI device. */
export const hotplugPorts = ['port0', 'port1', 'port2', 'port3'] as const;

/** The arguments after the program's name. */
export function qemuArgv(spec: MachineSpec, run: RunContext): string[] {
  const type = machineType(spec);
  return [
    ...['-name', spec.name, '-nodefaults', '-no-user-config'],
    ...['-machine', machineName(spec, type)],
    ...acceleration(spec.arch, run.accelerator),
    ...['-smp', String(spec.cpus), '-m', String(spec.memory), '-rtc', 'base=utc'],
    ...firmwareArgs(spec, run),
    ...['-display', 'none', ...(spec.graphics ? ['-device', architectures[spec.arch].qemu.screen] : [])],
    ...consoleArgs(run),
    ...(run.qmp === undefined ? [] : ['-qmp', `unix:${comma(run.qmp)},server=on,wait=off`]),
    // A guest that waits for entropy under emulation waits long.
    ...['-device', 'virtio-rng-pci'],
    ...controllers(spec, type),
    ...spec.disks.flatMap((disk) =>
      disk.log === undefined ? ['-drive', drive(disk)] : ['-blockdev', JSON.stringify(blockNode(disk))],
    ),
    ...diskDevices(spec, type).flatMap((device) => ['-device', properties(device)]),
    ...networkArgs(spec),
    ...kernelArgs(spec),
    ...(spec.onReboot === 'exit' ? ['-no-reboot'] : []),
    ...(spec.debugExit ? ['-device', 'isa-debug-exit,iobase=0xf4,iosize=0x04'] : []),
    ...(spec.maker === undefined ? [] : ['-smbios', `type=1,manufacturer=${spec.maker}`]),
    ...(run.incoming === undefined ? [] : ['-incoming', 'defer']),
  ];
}

function machineName({ arch, firmware }: MachineSpec, type: MachineType): string {
  const { machine, ideMachine, secureMachine } = architectures[arch].qemu;
  if (type === 'pc') return ideMachine ?? machine;
  return firmware === 'secureboot' ? (secureMachine ?? machine) : machine;
}

/** The accelerator and the processor that fits it. */
export function acceleration(arch: ArchitectureName, accelerator: Accelerator): string[] {
  return accelerator === 'kvm'
    ? ['-accel', 'kvm', '-cpu', 'host']
    : ['-accel', 'tcg,thread=multi', '-cpu', architectures[arch].qemu.processor];
}

function firmwareArgs(spec: MachineSpec, run: RunContext): string[] {
  const files = firmwareFiles(spec);
  if (files === undefined) return [];
  if (run.variables === undefined) throw new Error('a UEFI machine needs a file for its variables');
  const { code } = files;
  const guarded = spec.firmware === 'secureboot' && architectures[spec.arch].qemu.pc;
  return [
    // Secure Boot is only worth its name when the guest cannot write the variables but through SMM.
    ...(guarded ? ['-global', 'driver=cfi.pflash01,property=secure,value=on'] : []),
    ...['-drive', `if=pflash,unit=0,format=raw,readonly=on,file=${code}`],
    ...['-drive', `if=pflash,unit=1,format=raw,file=${comma(run.variables)}`],
  ];
}

function consoleArgs(run: RunContext): string[] {
  if (run.console === 'terminal') return ['-serial', 'mon:stdio'];
  const { socket, log } = run.console;
  const chardev = `socket,id=console,path=${comma(socket)},server=on,wait=on,logfile=${comma(log)}`;
  return ['-chardev', chardev, '-serial', 'chardev:console'];
}

function controllers(spec: MachineSpec, type: MachineType): string[] {
  const has = (bus: Disk['bus']) => spec.disks.some((disk) => disk.bus === bus);
  const devices = [
    ...(has('usb') || spec.hotplug ? ['qemu-xhci,id=usb'] : []),
    ...(has('scsi') || (has('cd') && type === 'virt') || spec.hotplug ? ['virtio-scsi-pci,id=scsi'] : []),
    ...(has('sata') && type !== 'q35' ? ['ahci,id=ahci'] : []),
    ...(spec.hotplug && type !== 'pc'
      ? hotplugPorts.map((port, index) => `pcie-root-port,id=${port},chassis=${index + 1}`)
      : []),
  ];
  return devices.flatMap((device) => ['-device', device]);
}

function drive(disk: Disk): string {
  return [
    `if=none,id=${driveId(disk)},format=${disk.format},cache=${disk.cache}`,
    ...(disk.bus === 'cd' ? ['media=cdrom'] : []),
    ...(disk.readOnly || disk.bus === 'cd' ? ['readonly=on'] : []),
    ...(disk.snapshot ? ['snapshot=on'] : []),
    `file=${comma(disk.file)}`,
  ].join(',');
}

function diskDevices(spec: MachineSpec, type: MachineType): DeviceProperties[] {
  const ordered = spec.disks.some((disk) => disk.bootIndex !== undefined);
  return [...assignSlots(spec.disks, type)].map(([disk, slot], index) => {
    // 0 is the network's, or the kernel's.
    const inOrder = spec.kernel === undefined ? index + 1 : undefined;
    const bootIndex = ordered ? disk.bootIndex : inOrder;
    return diskDevice(disk, slot, spec.bootOrder === 'disks' ? bootIndex : undefined);
  });
}

function networkArgs({ network, arch, kernel }: MachineSpec): string[] {
  if (network === null) return ['-nic', 'none'];
  const { sshPort, tftp, net, host, mac, slot, hub } = network;
  const user = [
    'user,id=net',
    ...(net === undefined ? [] : [`net=${net}`]),
    ...(host === undefined ? [] : [`host=${host}`]),
    ...(network.isolated ? ['restrict=on'] : []),
    ...(sshPort === undefined ? [] : [`hostfwd=tcp:127.0.0.1:${sshPort}-:22`]),
    ...(tftp === undefined ? [] : [`tftp=${comma(tftp.folder)},bootfile=${comma(tftp.bootFile)}`]),
  ];
  // Without its ROM the card is no boot device: the firmware does not spend seconds on it.
  const byRom = tftp !== undefined && tftp.client !== 'firmware' && architectures[arch].qemu.pc;
  const rom = byRom ? '' : ',romfile=';
  const boot = tftp === undefined || kernel !== undefined ? rom : `${rom},bootindex=0`;
  const card = (id: string, at?: number, address?: string) =>
    `virtio-net-pci,netdev=${id}${at === undefined ? '' : `,addr=0x${at.toString(16)}`}${address === undefined ? '' : `,mac=${address}`}`;
  return [
    ...['-netdev', user.join(','), '-device', `${card('net', slot, mac)}${boot}`],
    ...hub.flatMap((other, index) => {
      const id = `hub${index}`;
      const device = `${card(id, other.slot, other.mac)},romfile=`;
      return ['-netdev', `hubport,id=${id},hubid=1`, '-device', device];
    }),
  ];
}

function kernelArgs(spec: MachineSpec): string[] {
  if (spec.kernel === undefined) return [];
  const { kernel, initrd, append } = spec.kernel;
  return [
    ...['-kernel', kernel],
    ...(initrd === undefined ? [] : ['-initrd', comma(initrd)]),
    ...(append === '' ? [] : ['-append', append]),
  ];
}

function properties(device: DeviceProperties): string {
  return Object.entries(device)
    .map(([name, value]) => (name === 'driver' ? value : `${name}=${onOff(value)}`))
    .join(',');
}

function onOff(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  return comma(String(value));
}

/** In an option's value a comma is written twice. */
function comma(text: string): string {
  return text.replaceAll(',', ',,');
}

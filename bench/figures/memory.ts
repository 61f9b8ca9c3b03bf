/** The least memory with which a machine reaches its login prompt. */
import type { MachineInput } from '../../src/vm/machine.ts';
import type { Session } from '../../src/vm/session.ts';
import { type Bench, bootLimit } from '../bench.ts';
import type { Figure, Measurement, Row } from '../figure.ts';
import { seconds } from '../statistics.ts';

/** A prompt, or what a machine shows that will never have one. */
const end = /login: $|RESCUE: .*|Kernel panic.*|error: out of memory|Out of memory: .*/;

const diskSize = 3_000_000_000 - (3_000_000_000 % 4096);

export const memory: Figure = {
  name: 'memory',
  title: 'Memory to reach login',
  method: [
    'Each machine is given exactly the memory that is asked for, once, and either shows its login prompt or not: the ISO as a CD on BIOS and on UEFI, the PXE set started as a boot loader starts it (`rootfstype=ramfs`), and a disk that the PXE set installed.',
    'On the live systems a person then logs in and reads what the kernel holds to be available. The installed system has no way to log in, so the prompt is all that is seen of it.',
    'Installed, UEFI, 256 MB is out of reach: there the signed GRUB gets no room for the kernel and says "out of memory" up to 272 MB. It wants the 63.6 MiB that the kernel names as its init_size in one piece (Documentation/arch/x86/boot.rst), and of 256 MB OVMF and the heap of GRUB leave no such piece. 280 MB boot, as the machine with 288 MB shows. A smaller piece would take another kernel or a GRUB of our own, without Secure Boot.',
  ],
  async measure(bench: Bench): Promise<Measurement> {
    const machines: [what: string, input: MachineInput, live: boolean][] = [
      ['live from ISO, BIOS', { memory: 384, disks: [bench.medium] }, true],
      ['live from ISO, UEFI', { memory: 512, disks: [bench.medium], firmware: 'uefi' }, true],
      ['PXE set', { memory: 512, kernel: bench.pxeSet() }, true],
    ];
    const disk = await installedDisk(bench);
    machines.push(['installed, BIOS', { memory: 256, disks: [disk] }, false]);
    for (const memory of [256, 288])
      machines.push(['installed, UEFI', { memory, disks: [disk], firmware: 'uefi' }, false]);

    const rows: Row[] = [];
    const raw: string[] = [];
    for (const [what, input, live] of machines) {
      bench.say(`${what} with ${input.memory} MB`);
      const { met, line } = await bench
        .machine('memory', input, (session) => reachesLogin(session, live))
        .catch((error: Error) => ({ met: false, line: error.message }));
      const asked = `${input.memory} MB`;
      // The one above the figure shows by how much it is missed.
      if (input.memory !== 288)
        rows.push({ figure: `memory: ${what}`, asked, measured: met ? 'reaches login' : 'does not', met });
      raw.push(`${what}, ${asked}: ${line}`);
    }
    return { rows, raw };
  },
};

async function reachesLogin(session: Session, live: boolean): Promise<{ met: boolean; line: string }> {
  const { text } = await session.awaitText(end, { ...bootLimit, what: 'the login prompt' });
  const line = `${seconds(session.mark('end'))} to "${text.trim()}"`;
  if (!text.startsWith('login')) return { met: false, line };
  if (!live) return { met: true, line };
  session.type('\n');
  await session.login('bhojpur', bootLimit);
  const { stdout } = await session.run(`sed -n 's/ \\+/ /g; /^Mem[TA]/p' /proc/meminfo`, bootLimit);
  return { met: true, line: `${line}; ${stdout.trim().replaceAll(/\s*\n/g, ', ')}` };
}

async function installedDisk(bench: Bench) {
  bench.say('installing the disk that is booted below');
  const disk = { ...(await bench.emptyDisk('target', diskSize)), cache: 'unsafe' as const };
  const words = ['bos.mode=install', 'bos.install.silent', 'bos.install.device=/dev/vda'];
  const kernel = bench.pxeSet(...words, 'bos.install.allow_no_login', 'bos.install.power_off');
  await bench.machine('install', { memory: 1024, kernel, disks: [disk] }, async (session) => {
    await session.awaitText(/is installed on/, bootLimit);
    await session.awaitExit(bootLimit.timeoutMs);
  });
  return disk;
}

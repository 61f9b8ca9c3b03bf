/** Boot from the ISO to the login prompt, against the time until systemd starts. */
import type { Firmware } from '../../../src/vm/machine.ts';
import type { Session } from '../../../src/vm/session.ts';
import { type Bench, bootLimit } from '../../bench.ts';
import type { Figure, Measurement } from '../../figure.ts';
import { median, seconds, times, zeroOf } from '../../statistics.ts';

const reach = 1.8;
const rounds = 3;
const firmwares = ['bios', 'uefi'] as const satisfies readonly Firmware[];

/** Milliseconds since the machine was switched on. */
interface Boot {
  readonly menu: number;
  readonly kernel: number;
  readonly systemd: number;
  readonly login: number;
  /** How far off `kernel` and `systemd` may be. */
  readonly error: number;
  readonly load: number;
}

export const boot: Figure = {
  name: 'boot',
  title: 'Boot from the ISO to login',
  method: [
    'A machine with 1024 MB and two processors boots the ISO as a CD under emulation (TCG): once the time from switching it on to the login prompt on the serial console, once that to the start of systemd, in the same boot. BIOS and UEFI take turns; the ratio is the median of the ratios of the boots.',
    "Enter is pressed as soon as GRUB's menu shows, so its timeout counts in neither time.",
    "The console is silent when systemd starts (`quiet`). The moment is what systemd itself notes when its main function begins (`UserspaceTimestampMonotonic`, microseconds of the kernel's clock). After login the kernel's clock (`/proc/uptime`, by a shell built-in) and the host's are read together several times, which gives the host's time at which the kernel's clock began; how far off that may be is among the numbers. The prompt's own way over the serial line counts against us.",
  ],
  async measure(bench: Bench): Promise<Measurement> {
    const boots: Record<(typeof firmwares)[number], Boot[]> = { bios: [], uefi: [] };
    for (let round = 1; round <= rounds; round++) {
      for (const firmware of firmwares) {
        bench.say(`boot ${round} of ${rounds}, ${firmware}`);
        const input = { firmware, memory: 1024, disks: [bench.medium] };
        const timed = await bench.machine('boot', input, timesOf);
        boots[firmware].push({ ...timed, load: await bench.load() });
      }
    }
    return {
      rows: firmwares.map((firmware) => {
        const ratio = median(boots[firmware].map(({ login, systemd }) => login / systemd));
        return {
          figure: `boot to login, ${firmware.toUpperCase()}`,
          asked: `at most ${times(reach)} the time until systemd starts`,
          measured: times(ratio),
          met: ratio <= reach,
        };
      }),
      raw: firmwares.flatMap((firmware) => boots[firmware].map((boot) => line(firmware, boot))),
    };
  },
};

/** Goes to the prompt, logs in, and asks the machine itself when systemd began. */
export async function timesOf(session: Session): Promise<Omit<Boot, 'load'>> {
  await session.awaitText(/Install Bhojpur OS/, { ...bootLimit, what: 'the menu of GRUB' });
  const menu = session.mark('menu');
  session.type('\r');
  await session.awaitText(/login: $/, { ...bootLimit, what: 'the login prompt' });
  const login = session.mark('login');
  session.type('\n');
  await session.login('bhojpur', bootLimit);
  const readings = [];
  for (let reading = 0; reading < 5; reading++) {
    const before = session.mark('before');
    const { stdout } = await session.run('read -r up idle </proc/uptime; echo $up', bootLimit);
    readings.push({ before, theirs: Number(stdout) * 1000, after: session.mark('after') });
  }
  const { zero, error } = zeroOf(readings);
  const show = 'systemctl show --value -p UserspaceTimestampMonotonic';
  const { stdout } = await session.run(show, bootLimit);
  const started = Number(stdout) / 1000;
  if (!(started > 0)) throw new Error(`systemd does not say when it started: ${stdout}`);
  return { menu, kernel: zero, systemd: zero + started, login, error };
}

function line(firmware: Firmware, { menu, kernel, systemd, login, error, load }: Boot): string {
  return [
    `${firmware}: menu ${seconds(menu)}`,
    `kernel ${seconds(kernel)}`,
    `systemd ${seconds(systemd)} (± ${Math.round(error)} ms)`,
    `login ${seconds(login)}`,
    times(login / systemd),
    `load ${load}`,
  ].join(', ');
}

/** Where the seconds of a boot go, as pictures of docs/boot-time.md. */
import type { Firmware } from '../../../src/vm/machine.ts';
import type { Session } from '../../../src/vm/session.ts';
import { type Bench, bootLimit } from '../../bench.ts';
import type { Figure, Measurement, Picture } from '../../figure.ts';
import { seconds } from '../../statistics.ts';
import { timesOf } from './boot.ts';
import { bootChart, type Span } from './chart-svg.ts';

const firmwares = ['bios', 'uefi'] as const satisfies readonly Firmware[];
/** Seconds: what is over sooner is not drawn. */
const shortest = 0.15;

export const chart: Figure = {
  name: 'boot-chart',
  title: 'Where the seconds of a boot go',
  method: [
    'One boot of the ISO as a CD to the login prompt on the serial console for BIOS and for UEFI (1024 MB, two processors, TCG), with nothing configured and Enter pressed in the menu at once. The initrd notes the seconds of the kernel in `/run/bos/initrd.log`; systemd knows when a unit began to start and when it had. Both are drawn on the clock of the machine being switched on; what is over within 0.15 s is left out. [The pictures](boot-time.md).',
  ],
  async measure(bench: Bench): Promise<Measurement> {
    const pictures: Picture[] = [];
    const raw: string[] = [];
    for (const firmware of firmwares) {
      bench.say(`boot chart, ${firmware}`);
      const input = { firmware, memory: 1024, disks: [bench.medium] };
      const { spans, login } = await bench.machine('boot-chart', input, spansOf);
      const title = `From the ISO to the login prompt by ${firmware.toUpperCase()}: ${seconds(login * 1000)}`;
      pictures.push({ path: `docs/pictures/boot-${firmware}.svg`, text: bootChart(title, spans, login) });
      raw.push(
        `${firmware}: login ${seconds(login * 1000)}, load ${await bench.load()}`,
        ...spans.map(({ name, from, to }) => `  ${from.toFixed(2)} to ${to.toFixed(2)} s: ${name}`),
      );
    }
    return { rows: [], raw, pictures };
  },
};

/** In seconds since the machine was switched on. */
async function spansOf(
  session: Session,
): Promise<{ readonly spans: readonly Span[]; readonly login: number }> {
  const times = await timesOf(session);
  const [menu, kernel, login] = [times.menu / 1000, times.kernel / 1000, times.login / 1000];
  const ask = async (command: string) => (await session.run(command, bootLimit)).stdout;
  await ask('systemctl is-system-running --wait');
  const started = times.systemd / 1000 - kernel;
  const initrd = initrdSpans(await ask('cat /run/bos/initrd.log'), started);
  const stamps = 'Id,InactiveExitTimestampMonotonic,ActiveEnterTimestampMonotonic';
  const units = unitSpans(
    await ask(`systemctl show --no-pager --all -p ${stamps} '*.service' '*.device' '*.mount'`),
  );
  const after = [...initrd, ...units]
    .map((span) => ({ ...span, from: span.from + kernel, to: span.to + kernel }))
    .filter(({ from, to }) => from < login && to - from >= shortest);
  const first = initrd[0]?.from ?? started;
  const spans: Span[] = [
    { kind: 'loader', name: 'firmware, and GRUB to its menu', from: 0, to: menu },
    { kind: 'loader', name: 'GRUB: kernel and initrd', from: menu, to: kernel },
    { kind: 'kernel', name: 'the kernel, unpacking the initrd', from: kernel, to: kernel + first },
  ];
  return { spans: [...spans, ...after], login };
}

/** From each line of the log to the next one, by what the next one says; the last one to the start of systemd. */
export function initrdSpans(log: string, systemd: number): Span[] {
  const lines = [...log.matchAll(/^\[([\d.]+)\] bos: (.*?)\r?$/gm)].map(([, at, said = '']) => ({
    at: Number(at),
    said,
  }));
  return lines.map(({ at }, index) => {
    const next = lines[index + 1];
    return {
      kind: 'initrd',
      name: `initrd: ${next?.said ?? 'over to systemd'}`,
      from: at,
      to: next?.at ?? systemd,
    };
  });
}

/** Of `systemctl show`: from a unit's beginning to its being there, in the order of their beginning. */
export function unitSpans(shown: string): Span[] {
  return shown
    .split(/\r?\n\r?\n/)
    .map(
      (block) =>
        new Map([...block.matchAll(/^(\w+)=(.*?)\r?$/gm)].map(([, key = '', value = '']) => [key, value])),
    )
    .map((unit) => ({
      kind: 'unit' as const,
      name: unit.get('Id') ?? '',
      from: Number(unit.get('InactiveExitTimestampMonotonic')) / 1e6,
      to: Number(unit.get('ActiveEnterTimestampMonotonic')) / 1e6,
    }))
    .filter(({ from, to }) => from > 0 && to > from)
    .toSorted((one, other) => one.from - other.from);
}

/** An unattended install without the boot, against writing and checking the same bytes by hand. */
import { event } from '../../src/plan/events.ts';
import type { Session } from '../../src/vm/session.ts';
import type { Bench } from '../bench.ts';
import type { Figure, Measurement } from '../figure.ts';
import { elapsed, enterLive, installCommand, settled, timed } from '../in-live.ts';
import { median, spread, times } from '../statistics.ts';

const reach = 1.45;
const rounds = 3;

export const install: Figure = {
  name: 'install',
  title: 'Unattended install',
  method: [
    'In one live machine (BIOS, ISO as a CD, 1536 MB, two virtio disks), in turn: `opsctl install /dev/vda --silent --allow-no-login --json` from the start to the end of its process; and by hand each file that it copies with `dd bs=1M conv=fsync` onto an ext4 on the other disk, then `sha256sum` of what was written. Before each, everything is flushed and the old files are removed; the files of the medium are in memory both times, so that the speed of a CD counts in neither. Times are those of `/proc/uptime` in the machine.',
    'The figure is install ÷ by hand, of the medians. The steps are what the install tells of itself with `--json`; the rest of its time is the start of Node.js, looking at the machine and reading the manifest of the medium and the boot loader.',
    'The disk is taken from udev until the end, and each file is hashed once, when it is read back. What is above the figure lies around copying: the start of Node.js and the look at all disks (lsblk, wipefs, and what an old installation holds), the two file systems, and the boot loaders.',
  ],
  async measure(bench: Bench): Promise<Measurement> {
    const input = {
      memory: 1536,
      disks: [
        bench.medium,
        await bench.emptyDisk('target', 3_000_000_000 - (3_000_000_000 % 4096)),
        await bench.emptyDisk('other', 1_000_000_000 - (1_000_000_000 % 4096)),
      ],
    };
    return bench.machine('install', input, (session) => measureIn(session, bench));
  },
};

async function measureIn(session: Session, bench: Bench): Promise<Measurement> {
  const { files, ok, script } = await enterLive(session);
  const byHand = await script('by-hand', byHandLines(files.join(' ')));
  const installed = await script('install', installLines);
  await ok(
    'sudo mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 /dev/vdb && sudo mount /dev/vdb /mnt',
  );

  const installs: number[] = [];
  const hands: number[] = [];
  const steps = new Map<string, number[]>();
  for (let round = 1; round <= rounds; round++) {
    bench.say(`install ${round} of ${rounds}`);
    hands.push(elapsed(await ok(`sudo sh ${byHand}`)));
    const said = await ok(`sudo sh ${installed}`);
    installs.push(elapsed(said));
    for (const [id, ms] of stepTimes(said)) steps.set(id, [...(steps.get(id) ?? []), ms]);
  }
  const [installMs, handMs] = [median(installs), median(hands)];
  const ratio = installMs / handMs;
  const inSteps = [...steps.values()].reduce((sum, values) => sum + median(values), 0);
  return {
    rows: [
      {
        figure: 'unattended install without the boot',
        asked: `at most ${times(reach)} dd + fsync + sha256`,
        measured: times(ratio),
        met: ratio <= reach,
      },
    ],
    raw: [
      `install ${spread(installs)}`,
      `by hand ${spread(hands)}; load ${await bench.load()}`,
      ...[...steps].map(([id, values]) => `  ${id} ${spread(values)}`),
      `  the rest ${Math.round(installMs - inSteps)} ms`,
    ],
  };
}

const emptied = ['rm -rf /mnt/files', 'mkdir /mnt/files', ...settled];

const byHandLines = (files: string) => [
  ...emptied,
  ...timed(
    `for file in ${files}; do`,
    'dd if="$file" of="/mnt/files/${file##*/}" bs=1M conv=fsync status=none',
    'done',
    'sha256sum /mnt/files/* >/dev/null',
  ),
];

const installLines = [
  ...emptied,
  ...timed(installCommand),
  'grep -e step-end -e \'"type":"result"\' /tmp/events',
];

/** The milliseconds of each step, from the events of a successful run. Throws Error when it was not one. */
export function stepTimes(output: string): Map<string, number> {
  const events = output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => event.safeParse(JSON.parse(line)))
    .flatMap(({ data }) => (data === undefined ? [] : [data]));
  const result = events.find((found) => found.type === 'result');
  if (result?.ok !== true) throw new Error(result?.message ?? `the install did not end well:\n${output}`);
  return new Map(events.flatMap((found) => (found.type === 'step-end' ? [[found.id, found.ms]] : [])));
}

/** An unattended install without the boot, against writing and checking the same bytes by hand. */
import { parseManifest } from '../src/media/manifest.ts';
import { event } from '../src/plan/events.ts';
import type { Session } from '../src/vm/session.ts';
import { type Bench, bootLimit } from './bench.ts';
import type { Figure, Measurement } from './figure.ts';
import { median, seconds, spread, times } from './statistics.ts';

const reach = 1.3;
/** Milliseconds on top, for what takes the same time whatever the size: tables, file systems, boot loader. */
const allowance = 6_000;
const rounds = 3;

export const install: Figure = {
  name: 'install',
  title: 'Unattended install',
  method: [
    'In one live machine (BIOS, ISO as a CD, 1536 MB, two virtio disks), in turn: `opsctl install /dev/vda --silent --allow-no-login --json` from the start to the end of its process; and by hand each file that it copies with `dd bs=1M conv=fsync` onto an ext4 on the other disk, then `sha256sum` of what was written. Before each, everything is flushed and the old files are removed; the files of the medium are in memory both times, so that the speed of a CD counts in neither. Times are those of `/proc/uptime` in the machine.',
    `The figure is (install − ${seconds(allowance)}) ÷ by hand, of the medians. The steps are what the install tells of itself with \`--json\`; the rest of its time is the start of Node.js, looking at the machine and reading the medium's manifest and the boot loader.`,
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
  await session.login('bhojpur', bootLimit);
  const ok = async (command: string) => {
    const { exitCode, stdout } = await session.run(command, { timeoutMs: 900_000 });
    if (exitCode !== 0) throw new Error(`${command}\nended with ${exitCode}:\n${stdout}`);
    return stdout;
  };
  // What still starts after the login prompt must not count in one of the two.
  await ok('systemctl is-system-running --wait || true');
  const root = '/run/bos/medium';
  const manifest = parseManifest(await ok(`cat ${root}/bos/system/manifest.json`), 'the manifest');
  const files = manifest.files.map(({ path }) => path).join(' ');
  await ok(`printf %s ${quote(byHand(root, files))} > /tmp/by-hand`);
  await ok(`printf %s ${quote(installed(root, files))} > /tmp/install`);
  await ok(
    'sudo mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 /dev/vdb && sudo mount /dev/vdb /mnt',
  );

  const installs: number[] = [];
  const hands: number[] = [];
  const steps = new Map<string, number[]>();
  for (let round = 1; round <= rounds; round++) {
    bench.say(`install ${round} of ${rounds}`);
    hands.push(elapsed(await ok('sudo sh /tmp/by-hand')));
    const said = await ok('sudo sh /tmp/install');
    installs.push(elapsed(said));
    for (const [id, ms] of stepTimes(said)) steps.set(id, [...(steps.get(id) ?? []), ms]);
  }
  const [installMs, handMs] = [median(installs), median(hands)];
  const ratio = (installMs - allowance) / handMs;
  const inSteps = [...steps.values()].reduce((sum, values) => sum + median(values), 0);
  return {
    rows: [
      {
        figure: 'unattended install without the boot',
        asked: `at most ${times(reach)} dd + fsync + sha256, + ${allowance / 1000} s`,
        measured: `${times(ratio)} + ${allowance / 1000} s`,
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

const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** Prints the machine's uptime before and after, in seconds. */
const timed = (...commands: string[]) => [
  'read -r from idle </proc/uptime',
  ...commands,
  'read -r to idle </proc/uptime',
  'echo "from $from to $to"',
];

const warm = (root: string, files: string) => [
  'set -e',
  `cd ${root}`,
  `cat ${files} >/dev/null`,
  'rm -rf /mnt/files',
  'mkdir /mnt/files',
  'sync',
  'udevadm settle',
];

const byHand = (root: string, files: string) =>
  [
    ...warm(root, files),
    ...timed(
      `for file in ${files}; do`,
      'dd if="$file" of="/mnt/files/${file##*/}" bs=1M conv=fsync status=none',
      'done',
      'sha256sum /mnt/files/* >/dev/null',
    ),
  ].join('\n');

const installed = (root: string, files: string) =>
  [
    ...warm(root, files),
    ...timed(
      'opsctl install /dev/vda --silent --allow-no-login --json >/tmp/events 2>/tmp/said || cat /tmp/said',
    ),
    'grep -e step-end -e \'"type":"result"\' /tmp/events',
  ].join('\n');

/** Milliseconds between the two times that `timed` printed. */
export function elapsed(output: string): number {
  const [, from, to] = /^from ([\d.]+) to ([\d.]+)$/m.exec(output) ?? [];
  if (from === undefined || to === undefined) throw new Error(`no times in:\n${output}`);
  return Math.round((Number(to) - Number(from)) * 1000);
}

/** The milliseconds of each step, from the events of a successful run. Throws Error when it was not one. */
export function stepTimes(output: string): Map<string, number> {
  const events = output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => event.safeParse(JSON.parse(line)))
    .flatMap(({ data }) => (data === undefined ? [] : [data]));
  const result = events.find((one) => one.type === 'result');
  if (result?.ok !== true) throw new Error(result?.message ?? `the install did not end well:\n${output}`);
  return new Map(events.flatMap((one) => (one.type === 'step-end' ? [[one.id, one.ms]] : [])));
}

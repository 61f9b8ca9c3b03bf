/** What the configuration costs of a boot: the two processes that apply it, against a bare Node.js in their place. */
import { join } from 'node:path';
import type { Session } from '../src/vm/session.ts';
import { fullConfig, password } from '../test/system/full-config.ts';
import { addToInitrd, dcpEntries, fileAt } from '../test/system/initrd-files.ts';
import { type Bench, bootLimit } from './bench.ts';
import type { Figure, Measurement } from './figure.ts';
import { median, seconds } from './statistics.ts';

const reach = { boot: 3_500, process: 500 };
const rounds = 3;

const config = `${fullConfig}init_cmd: ["true"]\nboot_cmd: ["true"]\nrun_cmd: ["true"]\n`;

/** The line of os/initrd/init that applies the first two phases, and what stands in its place for comparison. */
const applies = /^(chroot \$R \/usr\/lib\/bhojpur\/node) .* config --initrd --boot (> .*)$/m;
const bare = '$1 -e 0 $2';

/** Milliseconds. */
interface Boot {
  /** From before the first process to the start of systemd. */
  readonly first: number;
  /** The process of the runtime phase. */
  readonly runtime: number;
  /** `node -e 0` in the same machine, once it has nothing else to do. */
  readonly node: number;
}

export const phases: Figure = {
  name: 'phases',
  title: 'The configuration in a boot',
  method: [
    `The PXE set boots with 1024 MB and two processors under emulation, with a configuration that has every key but those that ask the network (keys by URL, data sources): ${rounds} times as it is, and in turn as often with the first process replaced by \`node -e 0\` in /init.`,
    'The first process (initrd and boot phase) counts from the last file that the initrd writes before it to the moment that systemd notes as its start, so what lies between counts against us. That of the runtime phase is what systemd says of bos-config.service. What they take above `node -e 0`: for the first, the difference to the boots with the bare one, which is as cold as ours; for the second, the median of five in the machine that has booted.',
    'The figures are missed and not taken apart yet. Natively the same work takes a fraction of a second, so a guess is that most of it is code that runs for the first time, which V8 compiles and then QEMU compiles again; the runtime phase also starts DCP and reloads systemd.',
  ],
  async measure(bench: Bench): Promise<Measurement> {
    const init = await bench.host.files.readText(join(bench.root, 'os/initrd/init'));
    if (!applies.test(init))
      throw new Error('os/initrd/init does not apply the phases as the benchmark knows it');
    const ours: Boot[] = [];
    const bares: Boot[] = [];
    for (let round = 1; round <= rounds; round++) {
      bench.say(`phases ${round} of ${rounds}`);
      ours.push(await bootOnce(bench, init, { password }));
      // There the first process sets no password.
      bares.push(await bootOnce(bench, init.replace(applies, bare), {}));
    }
    const [first, runtime] = [median(ours.map((one) => one.first)), median(ours.map((one) => one.runtime))];
    const above = {
      first: first - median(bares.map((one) => one.first)),
      runtime: runtime - median(ours.map((one) => one.node)),
    };
    return {
      rows: [
        {
          figure: 'the three phases in a boot, full file',
          asked: `at most ${seconds(reach.boot)} under TCG`,
          measured: seconds(first + runtime),
          met: first + runtime <= reach.boot,
        },
        ...(['first', 'runtime'] as const).map((name) => ({
          figure: name === 'first' ? 'the process of initrd and boot' : 'the process of runtime',
          asked: `at most node -e 0 + ${seconds(reach.process)}`,
          measured: `node -e 0 + ${seconds(above[name])}`,
          met: above[name] <= reach.process,
        })),
      ],
      raw: [...ours.map((one) => line('ours', one)), ...bares.map((one) => line('bare', one))],
    };
  },
};

async function bootOnce(bench: Bench, init: string, login: { password?: string }): Promise<Boot> {
  const kernel = await addToInitrd(bench.host, bench.pxeSet(), join(bench.folder, 'initrd'), [
    fileAt('init', init, 0o755),
    ...dcpEntries('#!/bin/sh\nexec sleep infinity\n'),
    fileAt('bos/system/config.yaml', config, 0o600),
  ]);
  return bench.machine('phases', { memory: 1024, kernel }, async (session) => {
    await session.login('bhojpur', { ...bootLimit, ...login });
    return timesOf(session);
  });
}

async function timesOf(session: Session): Promise<Boot> {
  const ask = async (command: string) => (await session.run(command, bootLimit)).stdout.trim();
  await ask('systemctl is-system-running --wait');
  // Seconds since 1970 with their fraction: a file's time and systemd's are of one clock.
  const before = Number(await ask('stat -c %.6Y /run/bos/boot.json'));
  const show = 'systemctl show --timestamp=us+utc -p UserspaceTimestamp --value';
  const systemd = Number(await ask(`date -d "$(${show})" +%s.%N`));
  const stamp = async (name: string) =>
    Number(await ask(`systemctl show -p ExecMain${name}TimestampMonotonic --value bos-config`)) / 1000;
  const runtime = (await stamp('Exit')) - (await stamp('Start'));
  const nodes: number[] = [];
  for (let turn = 0; turn < 5; turn++) {
    const [from, to] = (
      await ask('a=$(date +%s%N); /usr/lib/bhojpur/node -e 0; b=$(date +%s%N); echo $a $b')
    ).split(' ');
    nodes.push((Number(to) - Number(from)) / 1e6);
  }
  const first = (systemd - before) * 1000;
  if (!(first > 0 && runtime > 0)) throw new Error(`no times: ${before}, ${systemd}, ${runtime}`);
  return { first, runtime, node: median(nodes) };
}

const line = (name: string, { first, runtime, node }: Boot): string =>
  `${name}: first ${Math.round(first)} ms, runtime ${Math.round(runtime)} ms, node -e 0 ${Math.round(node)} ms`;

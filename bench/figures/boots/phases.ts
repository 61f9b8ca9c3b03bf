/** What the configuration costs of a boot: the two processes that apply it, against a bare Node.js in their place. */
import { join } from 'node:path';
import { readInit } from '../../../src/build/stages/join-init.ts';
import type { Session } from '../../../src/vm/session.ts';
import { fullConfig, password } from '../../../test/system/support/full-config.ts';
import { addToInitrd, dcpEntries, fileAt } from '../../../test/system/support/initrd-files.ts';
import { type Bench, bootLimit } from '../../bench.ts';
import type { Figure, Measurement } from '../../figure.ts';
import { median, seconds } from '../../statistics.ts';

const reach = { boot: 4_500, process: 500 };
const rounds = 3;

const config = `${fullConfig}init_cmd: ["true"]\nboot_cmd: ["true"]\nrun_cmd: ["true"]\n`;

/** The line of os/initrd/lib/hand-over.sh that applies the first two phases, and what stands in its place for comparison. */
const applies = /^( *chroot "\$R" \/usr\/lib\/bhojpur\/node) .* config --initrd --boot (> .*)$/m;
const bare = '$1 -e 0 $2';

/** Milliseconds. */
interface Boot {
  /** From before the first process to the start of systemd. */
  readonly first: number;
  /** The process of the runtime phase. */
  readonly runtime: number;
  /** `node -e 0` in the same machine, once it has nothing else to do. */
  readonly node: number;
  /** Both processes once more, when nothing else runs and everything has run before. */
  readonly again: readonly [first: number, runtime: number];
}

export const phases: Figure = {
  name: 'phases',
  title: 'The configuration in a boot',
  method: [
    `The PXE set boots with 1024 MB and two processors under emulation, with a configuration that has every key but those that ask the network (keys by URL, data sources): ${rounds} times as it is, and in turn as often with the first process replaced by \`node -e 0\` in /init.`,
    'The first process (initrd and boot phase) counts from the last file that the initrd writes before it to the moment that systemd notes as its start, so what lies between counts against us. That of the runtime phase is what systemd says of bos-config.service. What they take above `node -e 0`: for the first, the difference to the boots with the bare one, which is as cold as ours; for the second, the median of five in the machine that has booted.',
    'Where the time goes, from profiles of both processes (`node --cpu-prof`): Node starts in 0.3 s when it has been read already, and the initrd reads it ahead on the second processor. Of what is above that, a third is reading the code of the phases with its code cache, which is a part of its own for that; the rest are modules of Node (files, streams, processes, network), the parser of YAML, and the programs that a full file needs (modprobe, openssl for the hash of the password, a shell and timeout(1) for each command), mostly in waiting for them. Host keys are made without a program. All this runs for the first time in a boot: its pages are unpacked from a squashfs, and QEMU translates each piece of code; the runtime phase shares two processors with the services that start beside it. The last two numbers of a line show the same two processes once more in the machine that has booted.',
  ],
  async measure(bench: Bench): Promise<Measurement> {
    const init = await readInit((path) => bench.host.files.readText(join(bench.root, path)));
    if (!applies.test(init))
      throw new Error('the initrd does not apply the phases as the benchmark knows it');
    const ours: Boot[] = [];
    const bares: Boot[] = [];
    for (let round = 1; round <= rounds; round++) {
      bench.say(`phases ${round} of ${rounds}`);
      ours.push(await bootOnce(bench, init, { password }));
      // There the first process sets no password.
      bares.push(await bootOnce(bench, init.replace(applies, bare), {}));
    }
    const [first, runtime] = [
      median(ours.map((boot) => boot.first)),
      median(ours.map((boot) => boot.runtime)),
    ];
    const above = {
      first: first - median(bares.map((boot) => boot.first)),
      runtime: runtime - median(ours.map((boot) => boot.node)),
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
      raw: [...ours.map((boot) => line('ours', boot)), ...bares.map((boot) => line('bare', boot))],
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
  const time = async (command: string): Promise<number> => {
    const [from, to] = (await ask(`a=$(date +%s%N); ${command}; b=$(date +%s%N); echo $a $b`)).split(' ');
    return (Number(to) - Number(from)) / 1e6;
  };
  const nodes: number[] = [];
  for (let turn = 0; turn < 5; turn++) nodes.push(await time('/usr/lib/bhojpur/node -e 0'));
  const opsctl = (words: string) => time(`sudo opsctl config ${words} > /dev/null 2>&1`);
  const again = [await opsctl('--initrd --boot'), await opsctl('')] as const;
  const first = (systemd - before) * 1000;
  if (!(first > 0 && runtime > 0)) throw new Error(`no times: ${before}, ${systemd}, ${runtime}`);
  return { first, runtime, node: median(nodes), again };
}

const line = (name: string, { first, runtime, node, again }: Boot): string => {
  const ms = [first, runtime, node, ...again].map((time) => `${Math.round(time)} ms`);
  return `${name}: first ${ms[0]}, runtime ${ms[1]}, node -e 0 ${ms[2]}; again ${ms[3]} and ${ms[4]}`;
};

/** What bos.network adds to a boot: to one that has it, and to one that has not. */
import { join } from 'node:path';
import type { Session } from '../../../src/vm/session.ts';
import { addToInitrd, fileAt } from '../../../test/system/support/initrd-files.ts';
import { type Bench, bootLimit } from '../../bench.ts';
import type { Figure, Measurement } from '../../figure.ts';
import { median, spread } from '../../statistics.ts';

/** Milliseconds. */
const reach = 200;
const rounds = 7;
const local = '/var/lib/bhojpur/os/config.yaml';

const without = 'hostname: node1\n';
/** An address that connman cannot set up, so that the unit has to: the dearest of the usual ones. */
const network = `bos:
  network:
    - name: wan
      mac: "52:54:00:12:34:56"
      addresses: [10.0.2.15/32]
      gateway4: 10.0.2.2
      on_link: true
      nameservers: [10.0.2.3]
`;

interface Boot {
  /** Of bos-network.service, from its start to its end; undefined where it did not run. */
  readonly unit: number | undefined;
  /** Files that are there because of the key. */
  readonly files: readonly string[];
}

export const networkKeys: Figure = {
  name: 'network-keys',
  title: 'The network keys in a boot',
  method: [
    `The PXE set boots with 640 MB and two processors under emulation, once with a fixed address of /32 whose gateway is on the link, once without the key. What the key adds is what its unit does once the card is there, which connman waits for as well, and what the boot phase takes longer. Both are measured in the booted machine: the program of the unit runs ${rounds} times, the same orders as in the boot, and \`opsctl config --boot\` ${rounds} times with the key and as often without, in turn; medians, and the difference of medians, count. How long the unit took in the boot itself, with waiting for the card, is among the numbers.`,
    'What that saves counts for nothing: without the key connman asks DHCP. Without the key neither the unit runs nor is any file there that the key makes; the boot phase looks for two of them.',
  ],
  async measure(bench: Bench): Promise<Measurement> {
    bench.say('with the key');
    const [boot, phase] = await bootOnce(bench, without + network, async (session) => {
      const seen = await look(session);
      return [seen, { unit: await unitAgain(session), ...(await bootPhases(session)) }] as const;
    });
    bench.say('without the key');
    const plain = await bootOnce(bench, without, look);
    const difference = median(phase.having) - median(phase.lacking);
    const added = median(phase.unit) + Math.max(0, difference);
    const nothing = plain.unit === undefined && plain.files.length === 0;
    return {
      rows: [
        {
          figure: 'bos.network: added to a boot that has it',
          asked: `at most ${reach} ms under TCG`,
          measured: `${Math.round(added)} ms`,
          met: added <= reach,
        },
        {
          figure: 'bos.network: added to a boot that has it not',
          asked: 'no unit, no file',
          measured: nothing
            ? 'no unit, no file'
            : `unit ${plain.unit ?? 'not run'}, ${plain.files.join(' ')}`,
          met: nothing,
        },
      ],
      raw: [
        `the program of the unit, the card being there: ${spread(phase.unit)}`,
        `bos-network.service in the boot: ${Math.round(boot.unit ?? Number.NaN)} ms; files: ${boot.files.join(' ')}`,
        `opsctl config --boot with the key: ${spread(phase.having)}`,
        `opsctl config --boot without it: ${spread(phase.lacking)}`,
      ],
    };
  },
};

async function bootOnce<T>(bench: Bench, config: string, use: (session: Session) => Promise<T>): Promise<T> {
  const kernel = await addToInitrd(bench.host, bench.pxeSet(), join(bench.folder, 'initrd'), [
    fileAt('bos/system/config.yaml', config, 0o600),
  ]);
  return bench.machine('network-keys', { memory: 640, kernel }, async (session) => {
    await session.login('bhojpur', bootLimit);
    await ask(session, 'systemctl is-system-running --wait');
    return use(session);
  });
}

const ask = async (session: Session, command: string) =>
  (await session.run(command, bootLimit)).stdout.trim();

async function look(session: Session): Promise<Boot> {
  const stamp = async (name: string) =>
    Number(await ask(session, `systemctl show -P ExecMain${name}TimestampMonotonic bos-network`)) / 1000;
  const [start, end] = [await stamp('Start'), await stamp('Exit')];
  const made = [
    ...['/run/bos/network', '/run/bos/resolv-own.conf', '/var/lib/connman/bos-network.config'],
    ...[
      '/etc/systemd/system/connman.service.d/network.conf',
      '/etc/systemd/system/bos-config.service.d/network.conf',
    ],
  ];
  const files = await ask(session, `sudo ls -d ${made.join(' ')} 2>/dev/null`);
  return { unit: start > 0 ? end - start : undefined, files: files.split(/\s+/).filter(Boolean) };
}

async function unitAgain(session: Session): Promise<readonly number[]> {
  const once = 'a=$(date +%s%N); /usr/lib/bhojpur/network; b=$(date +%s%N); echo $(( (b - a) / 1000 ))';
  const shell = `for n in ${Array.from({ length: rounds }, (_, round) => round).join(' ')}; do ${once}; done`;
  const printed = await ask(session, `sudo sh -c '${shell}'`);
  return printed.split(/\s+/).map((microseconds) => Number(microseconds) / 1000);
}

async function bootPhases(session: Session) {
  const having: number[] = [];
  const lacking: number[] = [];
  // The local file wins over the one that was booted with; a list that says nothing is none.
  await ask(session, `sudo install -D -m 600 /dev/null ${local}`);
  const write = (text: string) => ask(session, `echo '${text}' | sudo tee ${local} >/dev/null`);
  const time = async () => {
    const command =
      'a=$(date +%s%N); sudo opsctl config --boot >/dev/null 2>&1; b=$(date +%s%N); echo $(( (b - a) / 1000 ))';
    return Number(await ask(session, command)) / 1000;
  };
  for (let round = 0; round < rounds; round++) {
    await write('hostname: node1');
    having.push(await time());
    await write('bos: {network: []}');
    // What is there of the key goes, as it is not there in a boot.
    await time();
    lacking.push(await time());
  }
  return { having, lacking };
}

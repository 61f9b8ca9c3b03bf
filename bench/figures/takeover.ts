/** Takeover of a running Debian, from the command to the end of the deletion. */
import { createDisk } from '../../src/vm/new-disk.ts';
import type { Session } from '../../src/vm/session.ts';
import { makeOldDebian } from '../../test/system/support/other-systems/old-debian.ts';
import { type Bench, bootLimit } from '../bench.ts';
import type { Figure, Measurement } from '../figure.ts';
import { seconds } from '../statistics.ts';

const reach = 180_000;
const reachDeletion = 30_000;
const command =
  'opsctl install --takeover /dev/vda3 /dev/vdb --silent --allow-no-login --confirm none --reboot';
const deleted = /takeover: the old system is deleted \(([\d.]+) s\)/;

/** Milliseconds since the command was typed. */
interface Takeover {
  readonly restarts: number;
  readonly tried: number;
  readonly deleted: number;
  readonly login: number;
  /** Milliseconds that the deletion took, as it says itself. */
  readonly deletion: number;
}

export const takeover: Figure = {
  name: 'takeover',
  title: 'Takeover of a running Debian',
  method: [
    `A Debian with 1 GB of files, made for the purpose, runs in a machine with 768 MB and two processors (TCG, BIOS); the ISO is its second disk. The time goes from typing \`${command}\` to the line that says that the old system is deleted: preparing, leaving the old system, the first boot of the new one, the deletion. The boot that follows is among the numbers and does not count.`,
    'The Debian takes its time to stop, and the new system to boot; both are in the figure.',
  ],
  async measure(bench: Bench): Promise<Measurement> {
    bench.say('making the Debian');
    const file = await makeOldDebian({
      host: bench.host,
      artifacts: bench.artifacts,
      folder: bench.folder,
      emptyDisk: async (name, size) => {
        const path = `${bench.folder}/${name}`;
        await createDisk({ path, format: 'raw', size }, bench.host);
        return path;
      },
    });
    const disks = [
      { id: 'debian', file, bus: 'virtio', cache: 'unsafe' } as const,
      { ...bench.medium, bus: 'virtio' } as const,
    ];
    bench.say('taking over');
    const times = await bench.machine('takeover', { memory: 768, disks }, timesOf);
    await bench.host.files.remove(file);
    return {
      rows: [
        row('takeover of a Debian with 1 GB', reach, times.deleted),
        row('takeover: of which deletion', reachDeletion, times.deletion),
      ],
      raw: [
        `prepared, and restarting, after ${seconds(times.restarts)}`,
        `the menu starts the new system after ${seconds(times.tried)}`,
        `the old system is deleted after ${seconds(times.deleted)}, the deletion took ${seconds(times.deletion)}`,
        `login prompt of the next boot after ${seconds(times.login)}; load ${await bench.load()}`,
      ],
    };
  },
};

const row = (figure: string, asked: number, measured: number) => ({
  figure,
  asked: `at most ${seconds(asked)} under TCG`,
  measured: seconds(measured),
  met: measured <= asked,
});

async function timesOf(session: Session): Promise<Takeover> {
  await session.login('root', bootLimit);
  await session.run('systemctl is-system-running --wait', bootLimit);
  const start = session.mark('typed');
  const since = (name: string) => session.mark(name) - start;
  session.type(`${command}\n`);
  await session.awaitText(
    /Welcome to GRUB|Booting `Bhojpur OS|systemd-shutdown|reboot: Restarting/,
    bootLimit,
  );
  const restarts = since('restarts');
  await session.awaitText(/Booting `Bhojpur OS \d/, bootLimit);
  const tried = since('tried');
  const { groups } = await session.awaitText(deleted, bootLimit);
  const end = since('deleted');
  await session.awaitText(/login: $/, bootLimit);
  return { restarts, tried, deleted: end, login: since('login'), deletion: Number(groups[0]) * 1000 };
}

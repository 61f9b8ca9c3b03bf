/** When a cloud is asked before there is a network, and by what the boot phase knows that. */
import { join } from 'node:path';
import test from 'ava';
import { linuxHost } from '../../../../src/host/linux/index.ts';
import { applyContext } from '../../../../src/runtime/appliers/applier.ts';
import {
  connmanDropIn,
  interfacesApplier,
  runtimeDropIn,
} from '../../../../src/runtime/appliers/network/interfaces/interfaces.ts';
import { askEarly } from '../../../../src/runtime/data-sources/early/ask.ts';
import { planToAsk } from '../../../../src/runtime/data-sources/early/to-ask.ts';
import type { SearchOptions } from '../../../../src/runtime/data-sources/index.ts';
import { digitaloceanNetwork } from '../../../fakes/cloud-networks.ts';
import * as clouds from '../../../fakes/metadata-servers.ts';
import { instance, newRoot, real, serve } from '../support.ts';

const { files } = real;

/** What ip(8) would be told to do; no card has a cable. */
async function asking(root: string, cards: readonly string[], bases?: SearchOptions['bases']) {
  const host = linuxHost();
  const log: string[] = [];
  let now = 0;
  const sleep = async (ms: number) => {
    now += ms;
  };
  const clock = { ...host.clock, monotonic: () => now, sleep };
  const run: typeof real.processes.run = async (command, args) => {
    log.push([command, ...args].join(' '));
    return { exitCode: 0, stdout: '', stderr: '' };
  };
  const known = await askEarly(
    { ...host, clock, processes: { ...host.processes, run } },
    {
      ...{ root, cards: cards.map((name) => ({ name, mac: '' })) },
      // Nobody listens there.
      bases: bases ?? { hetzner: 'http://127.0.0.1:9' },
      log: ({ message }) => log.push(message),
    },
  );
  return { known, log, seconds: now / 1000 };
}

test('nothing is asked but what the boot phase has left to ask', async (t) => {
  for (const name of ['aws', '']) {
    const root = await newRoot(t);
    await files.makeDir(join(root, 'run/bos'));
    await files.write(join(root, 'run/bos/metadata-ask'), `${name}\n`);
    t.like(await asking(root, ['wan']), { known: false, log: [] });
  }
  t.like(await asking(await newRoot(t), ['wan']), { known: false, log: [] });
});

test('cards without a cable are waited for together, 5 seconds, and are down afterwards', async (t) => {
  const root = await newRoot(t);
  await files.makeDir(join(root, 'run/bos'));
  await files.write(join(root, 'run/bos/metadata-ask'), 'hetzner\n');
  t.deepEqual(await asking(root, ['no1', 'no2']), {
    known: false,
    seconds: 5,
    log: [
      'ip link set dev no1 up',
      'ip link set dev no2 up',
      'ip link set dev no1 down',
      'ip link set dev no2 down',
      'hetzner: has not said how the network is (no wired card has a connection): DHCP is used',
    ],
  });
});

test('a service that does not answer is asked again for 40 seconds, with an address of its own each time', async (t) => {
  const root = await newRoot(t);
  await files.makeDir(join(root, 'run/bos'));
  await files.write(join(root, 'run/bos/metadata-ask'), 'hetzner\n');
  const { known, log, seconds } = await asking(root, ['lo', 'no1']);
  t.false(known);
  t.true(seconds >= 40 && seconds < 45, `${seconds}`);
  const given = log.filter((line) => line.startsWith('ip address add'));
  t.true(given.length >= 10, `${given.length}`);
  t.is(log.filter((line) => line.startsWith('ip address del')).length, given.length);
  t.true(new Set(given).size > 5);
  t.deepEqual(log.slice(-3), [
    'ip link set dev lo down',
    'ip link set dev no1 down',
    'hetzner: has not said how the network is (asked on lo): DHCP is used',
  ]);
});

test('what it says is set up before systemd is told that the runtime phase waits for it', async (t) => {
  const server = await serve(t, clouds.digitaloceanCloud({ ...instance, network: digitaloceanNetwork }));
  const root = await newRoot(t);
  for (const folder of ['run/bos', 'etc/systemd/system', 'proc']) await files.makeDir(join(root, folder));
  await files.write(join(root, 'proc/cmdline'), 'quiet\n');
  await files.write(join(root, 'run/bos/metadata-ask'), 'digitalocean\n');
  const { known, log } = await asking(root, ['lo'], { digitalocean: server.url });
  t.true(known);
  t.true(await files.exists(join(root, runtimeDropIn)));
  t.is(log.at(-1), 'systemctl daemon-reload');
});

test('connman waits for the answer, though nobody knows yet whether it leaves something to the unit', async (t) => {
  const root = await newRoot(t);
  await files.makeDir(join(root, 'run/bos'));
  await files.makeDir(join(root, 'etc/systemd/system'));
  const boot = () => interfacesApplier.run(applyContext(real, root, 'boot', {}));
  await boot();
  t.false(await files.exists(join(root, connmanDropIn)));
  await files.write(join(root, 'run/bos/metadata-ask'), 'hetzner\n');
  await boot();
  t.regex(
    await files.readText(join(root, connmanDropIn)),
    /^Wants=bos-metadata\.service bos-network\.service bos-dhcp\.service\nAfter=bos-network\.service$/m,
  );
});

test('the boot phase leaves it to ask where the firmware says so, and nobody else has said how the network is', async (t) => {
  const asks = async (vendor: string, names: readonly string[], network?: readonly { name: string }[]) => {
    const root = await newRoot(t);
    await files.makeDir(join(root, 'sys/class/dmi/id'));
    await files.makeDir(join(root, 'run/bos'));
    await files.write(join(root, 'sys/class/dmi/id/sys_vendor'), `${vendor}\n`);
    // Of an earlier phase.
    await files.write(join(root, 'run/bos/metadata-ask'), 'before\n');
    await planToAsk(real, root, names, network === undefined ? {} : { 'bos.network': network });
    return files.readText(join(root, 'run/bos/metadata-ask')).catch(() => undefined);
  };
  t.is(await asks('DigitalOcean', ['cdrom', 'digitalocean']), 'digitalocean\n');
  t.is(await asks('Hetzner', ['digitalocean', 'hetzner']), 'hetzner\n');
  t.is(await asks('QEMU', ['digitalocean']), undefined);
  t.is(await asks('Hetzner', ['digitalocean']), undefined);
  t.is(await asks('Vultr', ['vultr', 'hetzner']), undefined);
  t.is(await asks('DigitalOcean', ['digitalocean'], [{ name: 'eth0' }]), undefined);
});

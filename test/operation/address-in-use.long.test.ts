/** Who has an address, by the kernel's own ARP and neighbour discovery, in network namespaces (needs root). */
import { join } from 'node:path';
import test from 'ava';
import { linuxHost } from '../../src/host/linux/index.ts';

const real = linuxHost();
const asked = join(import.meta.dirname, 'who-has.ts');

test('an address in use has its owner, another has none, without an address of our own; a card without a cable says nothing', async (t) => {
  const node = `${process.execPath} --no-warnings ${asked}`;
  const shell = [
    'set -eu',
    'mount -t sysfs sysfs /sys',
    'ip link set lo up',
    'ip link add name card1 type veth peer name card2',
    'ip link add name idle type veth peer name nobody',
    'ip link set idle up',
    'unshare -n sleep 60 & peer=$!',
    'until [ "$(readlink /proc/$peer/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do sleep 0.05; done',
    'ip link set card2 netns $peer',
    'nsenter -t $peer -n sh -c "ip link set card2 address 52:54:00:aa:bb:cc; ip address add 10.9.0.5/24 dev card2; ' +
      'ip -6 address add 2001:db8::5/64 dev card2 nodad; ip link set card2 up"',
    'ip link set card1 up',
    'until ip -6 address show dev card1 scope link | grep inet6 | grep -vq tentative; do sleep 0.1; done',
    `${node} card1 10.9.0.5 10.9.0.6 2001:db8::5 2001:db8::6`,
    `${node} idle 10.9.0.5`,
    'ip neigh show; ip -4 address show dev card1',
    'kill $peer',
  ].join('\n');
  const { stdout } = await real.processes.run('unshare', ['-n', '-m', 'sh', '-c', shell], {
    timeoutMs: 60_000,
  });
  const [first, second, third, fourth, fifth, ...rest] = stdout.trim().split('\n');
  t.deepEqual(
    [first, second, third, fourth, fifth],
    [
      '10.9.0.5 {"mac":"52:54:00:aa:bb:cc"}',
      '10.9.0.6 "nobody"',
      '2001:db8::5 {"mac":"52:54:00:aa:bb:cc"}',
      '2001:db8::6 "nobody"',
      '10.9.0.5 "unknown"',
    ],
  );
  t.notRegex(rest.join('\n'), /10\.9\.0\.|2001:db8/, 'nothing stays of the question');
});

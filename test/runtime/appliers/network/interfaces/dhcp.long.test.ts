/**
 * A bridge and a card that ask for addresses beside what connman can do: what the checks take becomes files of a real systemd-networkd,
 * which a second one answers from another network namespace (needs root).
 */
import { writeFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { parseConfigYaml } from '../../../../../src/config/yaml/yaml.ts';
import { networkPlan } from '../../../../../src/runtime/appliers/network/interfaces/plan.ts';
import { real } from '../../../fake-root.ts';

const overlay = new URL('../../../../../os/overlay/usr/lib/bhojpur/', import.meta.url).pathname;

/** What every peer does first; its end of the cable is `far`. */
const peerStart = `set -eu
mount -t tmpfs none /run
install -d -o systemd-network -g systemd-network /run/systemd/netif /run/systemd/network
ip link set lo up; ip link set far up
mount -t sysfs none /sys; mount -o remount,ro /sys
`;

/** Gives an address of 10.5.0.0/24, a prefix and name servers. */
const networkdPeer = `${peerStart}printf '%s\\n' '[Match]' Name=far '[Network]' Address=10.5.0.2/24 Address=2001:db8:5::2/64 DHCPServer=yes IPv6SendRA=yes \\
  '[DHCPServer]' PoolOffset=77 PoolSize=1 DNS=10.5.0.53 '[IPv6SendRA]' DNS=2001:db8:5::53 Domains=a.example \\
  '[IPv6Prefix]' Prefix=2001:db8:5::/64 > /run/systemd/network/far.network
exec /usr/lib/systemd/systemd-networkd
`;

/** Gives the address 2001:db8:5::77 by DHCPv6, which its router's word asks for (RFC 4861, 4.2: the flag M), and no prefix. */
const dhcp6Peer = `${peerStart}ip address add 2001:db8:5::2/64 dev far nodad
exec dnsmasq --keep-in-foreground --conf-file=/dev/null --user=root --pid-file --port=0 --interface=far --bind-interfaces \\
  --dhcp-leasefile=/run/leases --enable-ra --ra-param=far,10 --dhcp-range=2001:db8:5::77,2001:db8:5::77,64,1h \\
  --dhcp-option=option6:dns-server,[2001:db8:5::53] --dhcp-option=tag:told,option6:domain-search,b.example \\
  --dhcp-host=52:54:00:ab:cd:ef,set:told,[2001:db8:5::77]
`;

/** Sets up a list as the units do, waits for its lease, and shows what `then` prints. */
async function asked(t: ExecutionContext, yaml: string, then: string, peer = networkdPeer): Promise<string> {
  const folder = await real.files.makeTempDir('bos-dhcp-');
  t.teardown(() => real.files.remove(folder));
  const { layer, diagnostics } = parseConfigYaml(`bos:\n  network:\n${yaml}`, 'f');
  t.deepEqual(diagnostics, []);
  const all = layer.entries.get('bos.network')?.value as unknown as Parameters<typeof networkPlan>[0];
  writeFileSync(`${folder}/peer`, peer);
  writeFileSync(`${folder}/plan`, networkPlan(all));
  const shell = `set -eu
mount -t tmpfs none /run
install -d -o systemd-network -g systemd-network /run/systemd/netif /run/systemd/network
mount -t sysfs none /sys
export BOS_NETWORK=/run/state BOS_UDEV= BOS_WAIT=1
mkdir /run/state && cp ${folder}/plan /run/state/plan
ip link set lo up
ip link add eth0 address 52:54:00:ab:cd:ef type veth peer name far
unshare -n sleep 60 >/dev/null 2>&1 & other=$!
until [ "$(readlink /proc/$other/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done
ip link set far netns $other
nsenter -t $other -n unshare -m sh ${folder}/peer >/dev/null 2>&1 & server=$!
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
ip route add blackhole 10.77.0.0/16
sh ${overlay}network
# Where /sys cannot be written networkd asks no udev, which knows nothing of other namespaces.
mount -o remount,ro /sys
/usr/lib/systemd/systemd-networkd >/dev/null 2>&1 & networkd=$!
trap 'kill $networkd $server $other' EXIT
sh ${overlay}network wait
${then}
ip -4 route show type blackhole; cat /proc/sys/net/ipv4/ip_forward`;
  const { stdout } = await real.processes.run('unshare', ['-n', '-m', 'sh', '-c', shell], {
    timeoutMs: 60_000,
  });
  t.regex(stdout, /^blackhole 10\.77\.0\.0\/16 *\n1\n$/m, 'what others have set up stays');
  return stdout;
}

const until = (command: string) => `timeout 20 sh -c 'until ${command}; do sleep 0.1; done'`;
const resolv = `echo 'nameserver 192.0.2.1' > /run/resolv; sh ${overlay}resolv-fallback /run/resolv /none /none; cat /run/resolv`;

test('a bridge has an address of DHCP and one of a router, its name servers, and a route by hand', async (t) => {
  const out = await asked(
    t,
    `  - { name: eth0 }
  - { name: br0, bridge: { members: [eth0] }, dhcp4: true, routes: [{ to: 10.9.0.0/16, via: 10.5.0.9 }] }`,
    `${until('ip -o -6 address show br0 | grep -q " 2001:db8:5:"')}
${until('grep -q 2001:db8:5::53 /run/systemd/netif/links/*')}
ip -o address; ip -4 route; ip -6 route; ${resolv}`,
  );
  t.regex(out, /br0 +inet 10\.5\.0\.77\/24 /);
  t.regex(out, /br0 +inet6 2001:db8:5:0:5054:ff:feab:cdef\/64 /);
  t.notRegex(out, /eth0 +inet /);
  t.regex(out, /^default via 10\.5\.0\.2 dev br0 proto dhcp/m);
  t.regex(out, /^10\.9\.0\.0\/16 via 10\.5\.0\.9 dev br0 proto static/m);
  t.regex(out, /^default via fe80::\S+ dev br0 proto ra/m);
  t.regex(
    out,
    /^nameserver 192\.0\.2\.1\n# Of bos\.network\nnameserver 10\.5\.0\.53\nnameserver 2001:db8:5::53\nsearch a\.example$/m,
  );
});

test('a card asks beside several addresses of the other kind, and takes nothing of a router then', async (t) => {
  const out = await asked(
    t,
    `  - { name: eth0, dhcp4: true, addresses: ["2001:db8:7::1/64", "2001:db8:7::2/64"], gateway6: "fe80::1", routes: [{ to: "2001:db8:9::/48" }] }`,
    `${until('ip -o -4 address show eth0 | grep -q " 10.5.0.77/24 "')}
ip -o address; ip -6 route`,
  );
  for (const address of ['2001:db8:7::1/64', '2001:db8:7::2/64'])
    t.true(out.includes(` ${address} `), `${address}\n${out}`);
  t.notRegex(out, /2001:db8:5:/);
  t.regex(out, /^2001:db8:9::\/48 dev eth0 proto static/m);
  t.regex(out, /^default via fe80::1 dev eth0 proto static/m);
});

test('a card has fixed addresses beside those of DHCP and of a router, and what leads out by hand comes first', async (t) => {
  const out = await asked(
    t,
    `  - { name: eth0, dhcp4: true, dhcp6: true, addresses: [10.7.0.9/24, "2001:db8:7::9/64"], gateway4: 10.7.0.1 }`,
    `${until('ip -o -4 address show eth0 | grep -q " 10.5.0.77/24 "')}
${until('ip -o -6 address show eth0 | grep -q " 2001:db8:5:"')}
ip -o address; ip -4 route; ip -6 route; ip route get 192.0.2.7`,
  );
  for (const address of [
    '10.7.0.9/24',
    '10.5.0.77/24',
    '2001:db8:7::9/64',
    '2001:db8:5:0:5054:ff:feab:cdef/64',
  ])
    t.true(out.includes(` ${address} `), `${address}\n${out}`);
  t.regex(out, /^default via 10\.5\.0\.2 dev eth0 proto dhcp .*metric 1024/m);
  t.regex(out, /^default via fe80::\S+ dev eth0 proto ra/m);
  t.regex(out, /^192\.0\.2\.7 via 10\.7\.0\.1 dev eth0/m);
});

test('a bridge has an address of a DHCPv6 server, its name servers and domains', async (t) => {
  const out = await asked(
    t,
    `  - { name: eth0 }
  - { name: br0, bridge: { members: [eth0] }, dhcp6: true }`,
    `${until('ip -o -6 address show br0 | grep -q " 2001:db8:5::77/128 "')}
${until('grep -q DOMAINS=. /run/systemd/netif/links/*')}
ip -o address; ip -6 route; ${resolv}`,
    dhcp6Peer,
  );
  t.regex(out, /br0 +inet6 2001:db8:5::77\/128 scope global (?:dynamic )?/);
  t.notRegex(out, /inet6 2001:db8:5:0:/, 'no address is made of a prefix');
  t.notRegex(out, /br0 +inet /);
  t.regex(out, /^default via fe80::\S+ dev br0 proto ra/m);
  t.regex(out, /^# Of bos\.network\nnameserver 2001:db8:5::53\nsearch b\.example$/m);
});

/**
 * A DHCPv6 server, and the connman of the system under test: in network namespaces of this machine, without a virtual one.
 * The router gives no prefix, and sends everybody to the server (RFC 4861, 4.2: the flag M).
 */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { parseConfigYaml } from '../../../src/config/yaml/yaml.ts';
import { connmanServices } from '../../../src/runtime/appliers/network/interfaces/services.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';

export const issue = 19;

const server = `set -eu
mount -t tmpfs none /run
ip link set lo up; ip link set far up
ip address add 2001:db8:5::2/64 dev far nodad
exec dnsmasq --keep-in-foreground --conf-file=/dev/null --user=root --pid-file --port=0 --interface=far --bind-interfaces \\
  --dhcp-leasefile=/run/leases --enable-ra --ra-param=far,10 --dhcp-range=2001:db8:5::77,2001:db8:5::77,64,1h \\
  --dhcp-option=option6:dns-server,[2001:db8:5::53]
`;

/** The first argument is the root of the system, the second a folder with `server` and `provisioned`. */
const client = `set -eu
root=$1
ip link set lo up
ip link add eth0 address 52:54:00:ab:cd:ef type veth peer name far
unshare -n sleep 100 >/dev/null 2>&1 & other=$!
until [ "$(readlink /proc/$other/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.1; done
ip link set far netns $other
nsenter -t $other -n unshare -m sh "$2/server" >/dev/null 2>&1 & served=$!
mount --rbind /dev "$root/dev"; mount -t proc none "$root/proc"
for place in run tmp var/lib; do mount -t tmpfs none "$root/$place"; done
mount -t sysfs none "$root/sys"
# A card has a device, the end of such a cable has none.
mkdir -p "$root/run/dbus" "$root/var/lib/connman" "$root/tmp/net/eth0/device"
for file in type address; do cat "$root/sys/class/net/eth0/$file" > "$root/tmp/net/eth0/$file"; done
[ ! -s "$2/provisioned" ] || cp "$2/provisioned" "$root/var/lib/connman/bos-network.config"
chroot "$root" dbus-uuidgen > "$2/id"; mount --bind "$2/id" "$root/etc/machine-id"
chroot "$root" /usr/lib/bhojpur/cables /tmp/net
chroot "$root" dbus-daemon --system --nofork >/dev/null 2>&1 & bus=$!
until [ -e "$root/run/dbus/system_bus_socket" ]; do sleep 0.1; done
chroot "$root" /usr/sbin/connmand -n --nodnsproxy >/dev/null 2>&1 & connman=$!
trap 'kill $connman $bus $served $other' EXIT
# connman turns IPv6 off and on again in between, which costs the route until the router speaks again.
timeout 60 sh -c 'until ip -o -6 address show dev eth0 | grep -q " 2001:db8:5:" && ip -6 route | grep -q ^default; do sleep 0.2; done' || :
ip -o -6 address show dev eth0; ip -6 route
`;

/** The whole system; returns its folder. */
async function unpack({ host, artifacts, folder }: SystemContext): Promise<string> {
  const { processes } = host;
  const tarball = join(artifacts, 'bos-rootfs-amd64.tar.gz');
  await processes.run('tar', ['-xzf', tarball, '-C', folder, '--wildcards', '*/rootfs.squashfs']);
  const found = await processes.run('find', [folder, '-name', 'rootfs.squashfs']);
  const root = join(folder, 'root');
  await processes.run('unsquashfs', ['-no-progress', '-no-xattrs', '-dest', root, found.stdout.trim()]);
  return root;
}

export const tests: SystemTest[] = [
  {
    name: 'DHCPv6: a card that connman has never seen gets the address of a server, alone and as bos.network says',
    seconds: 40,
    soak: true,
    async run(t) {
      const { files, processes } = t.host;
      const root = await unpack(t);
      await files.write(join(t.folder, 'server'), server);
      for (const entries of ['', '{ name: eth0, dhcp4: false }']) {
        const { layer, diagnostics } = parseConfigYaml(`bos:\n  network: [${entries}]\n`, 'f');
        assert.deepEqual(diagnostics, []);
        const all = layer.entries.get('bos.network')?.value as unknown as Parameters<
          typeof connmanServices
        >[0];
        await files.write(join(t.folder, 'provisioned'), connmanServices(all));
        const { stdout } = await processes.run(
          'unshare',
          ['-n', '-m', 'sh', '-c', client, 'sh', root, t.folder],
          { timeoutMs: 120_000 },
        );
        assert.match(stdout, /eth0 +inet6 2001:db8:5::77\/\d+ scope global/, entries);
        assert.match(stdout, /^default via fe80::\S+ dev eth0 proto ra/m, entries);
      }
    },
  },
];

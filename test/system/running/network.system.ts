/** Networking in the running system: whose interfaces connman takes, what it falls back to, wireless networks. */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import type { Session } from '../../../src/vm/session.ts';
import { fails, ok } from '../support/boots.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';

export const issue = 3;

const live = 'live prompt, BIOS';
const resumeLive = (t: SystemContext) => t.resume(join(t.fixture(live), 'state'));

const configure = (session: Session, yaml: string) =>
  ok(
    session,
    `sudo mkdir -p /var/lib/bhojpur/os && echo '${yaml}' | sudo tee /var/lib/bhojpur/os/config.yaml >/dev/null`,
  );

/** Waits in the guest until a command succeeds. */
const until = (session: Session, command: string) =>
  ok(session, `timeout 40 sh -c 'until ${command}; do sleep 0.2; done'`, 60_000);

export const tests: SystemTest[] = [
  {
    name: 'connman leaves containers alone, and falls back to the servers of the configuration',
    soak: true,
    seconds: 30,
    uses: [live],
    async run(t) {
      const session = await resumeLive(t);
      // A machine without DCP forwards nothing, and takes its address and its route from the network's one.
      assert.match(
        await ok(session, 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding'),
        /^0\s+0\s*$/,
      );
      await until(session, 'ip -6 -o addr show dynamic | grep -q " fec0::"');
      await until(session, 'ip -6 route show default | grep -q "via fe80::2 .*proto ra"');
      // As a network plugin makes them; beside them a pair that is nobody's, which connman takes.
      await ok(
        session,
        'sudo ip link add vethc0ffee type veth peer name cali1234567 && sudo ip link add cni0 type bridge && ' +
          'sudo ip addr add 10.42.0.1/24 dev cni0 && sudo ip link add lan7 type veth peer name lan8',
      );
      await until(session, 'ip -br link show up | grep -q ^lan7');
      const flags = await ok(session, 'ip -br link show type veth; ip -br link show cni0; ip -br -4 addr');
      for (const name of ['vethc0ffee', 'cali1234567', 'cni0'])
        assert.match(flags, new RegExp(`^${name}\\b.* DOWN .*<(?!.*\\bUP\\b)`, 'm'), `${name} stays down`);
      assert.match(flags, /^cni0 .*10\.42\.0\.1\/24\s*$/m, 'its address stays');
      // The cable of the machine, and one or both ends of the pair.
      const services = (await ok(session, 'connmanctl services')).match(/ethernet_\w+_cable/g) ?? [];
      assert.ok(services.length === 2 || services.length === 3, services.join());
      await ok(session, 'sudo ip link del lan7');

      await configure(
        session,
        'bos: {dns_nameservers: [192.0.2.53, dns.example.com], ntp_servers: [192.0.2.123]}',
      );
      // Counts what goes to the time server.
      await ok(session, 'sudo iptables -I OUTPUT -p udp --dport 123 -d 192.0.2.123 -j ACCEPT');
      const started = await ok(session, 'systemctl show -p MainPID connman');
      await fails(session, 'sudo opsctl config', 2, 'bos.dns_nameservers[1]: expected an IP address');
      assert.notEqual(await ok(session, 'systemctl show -p MainPID connman'), started, 'it was restarted');
      const restarted = await ok(session, 'systemctl show -p MainPID connman');
      await fails(session, 'sudo opsctl config', 2, 'bos.dns_nameservers[1]');
      assert.equal(await ok(session, 'systemctl show -p MainPID connman'), restarted, 'once is enough');
      await until(session, 'sudo iptables -nvxL OUTPUT | grep "^ *[1-9].* 192.0.2.123 "');

      assert.match(await ok(session, 'cat /etc/resolv.conf'), /^nameserver 10\.0\.2\.3\s*$/m);
      assert.doesNotMatch(await ok(session, 'cat /etc/resolv.conf'), /192\.0\.2\.53/);
      // With an address by hand no name server comes from the network.
      const cable = /ethernet_525400\w+_cable/.exec(await ok(session, 'connmanctl services'))?.[0];
      const address = 'manual 10.0.2.15 255.255.255.0 10.0.2.2';
      await ok(session, `connmanctl config ${cable} --ipv4 ${address}`);
      await until(session, 'grep -q "^nameserver 192.0.2.53" /etc/resolv.conf');
      await ok(session, `connmanctl config ${cable} --ipv4 dhcp`);
      await until(session, 'grep -q "^nameserver 10.0.2.3" /etc/resolv.conf');
      assert.doesNotMatch(await ok(session, 'cat /etc/resolv.conf'), /192\.0\.2\.53/);
      assert.equal(
        (await ok(session, 'ss -Hlntu "sport = :53"')).trim(),
        '',
        'port 53 belongs to the cluster',
      );
    },
  },
  {
    name: 'a network of bos.wifi is joined',
    soak: true,
    seconds: 30,
    uses: [live],
    async run(t) {
      const session = await resumeLive(t);
      // Two radios without hardware: connman sees one, an access point in a network of its own gets the other.
      await ok(
        session,
        'sudo systemctl stop connman && sudo modprobe mac80211_hwsim && sudo ip netns add ap && ' +
          'sudo iw phy phy1 set netns name ap && sudo systemctl start connman',
      );
      await until(session, 'connmanctl technologies | grep -q "Type = wifi"');
      await configure(
        session,
        String.raw`bos: {wifi: [{name: café, passphrase: "my  pass\\word ", addresses: [10.8.0.5/24], gateway4: 10.8.0.1}]}`,
      );
      await ok(session, 'sudo opsctl config');
      await until(session, 'grep -q 0 /sys/class/net/wlan0/phy80211/rfkill*/soft');
      await ok(session, 'sudo grep -A1 -F "[WiFi]" /var/lib/connman/settings | grep -q Enable=true');
      assert.equal((await ok(session, 'sudo stat -c %a /var/lib/connman/bos-wifi.config')).trim(), '600');
      const network = [
        ...['network={', 'ssid=636166c3a9', 'mode=2', 'frequency=2412', 'key_mgmt=WPA-PSK', 'proto=RSN'],
        ...['pairwise=CCMP', String.raw`psk="my  pass\word "`, '}'],
      ];
      const lines = network.map((line) => `'${line}'`).join(' ');
      await ok(
        session,
        `printf '%s\\n' ${lines} > /tmp/ap.conf && ` +
          'sudo ip netns exec ap wpa_supplicant -B -i wlan1 -c /tmp/ap.conf -f /tmp/ap.log',
      );
      await until(session, 'sudo grep -q AP-ENABLED /tmp/ap.log');
      // The answer is that there is no connection yet.
      await session.run('connmanctl scan wifi');
      await until(session, 'connmanctl services | grep -q "^\\*A.*wifi_"');
      // As long as there is a cable connman needs no other network.
      await ok(session, 'connmanctl disable ethernet');
      await until(session, 'sudo iw dev wlan0 link | grep -q ^Connected');
      assert.match(await ok(session, 'sudo iw dev wlan0 link'), /SSID: caf/);
      await ok(session, 'sudo ip -n ap address add 10.8.0.1/24 dev wlan1');
      await until(session, 'ip -o -4 address show wlan0 | grep -q " 10.8.0.5/24 "');
      await until(session, 'ip -4 route show default | grep -q "^default via 10.8.0.1 dev wlan0"');
      await until(session, 'ping -c 1 -W 1 10.8.0.1');

      await configure(session, 'bos: {}');
      await ok(session, 'sudo opsctl config');
      await until(session, '! sudo iw dev wlan0 link | grep -q ^Connected');
      await fails(session, 'sudo ls /var/lib/connman/bos-wifi.config', 2);
    },
  },
];

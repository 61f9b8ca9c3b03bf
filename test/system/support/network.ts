/** Other machines on the network of one under test, each in a namespace of its own. */
import { strict as assert } from 'node:assert';
import type { Session } from '../../../src/vm/session.ts';
import { ok } from './boots.ts';

/** Waits in the guest until a command succeeds. */
export const until = (session: Session, command: string) =>
  ok(session, `timeout 60 sh -c 'until ${command}; do sleep 0.2; done'`, 90_000);

/** The other end of a cable, with a machine that speaks VLAN 5, and gives one address by DHCP there. */
export async function connectPeer(session: Session): Promise<void> {
  await ok(
    session,
    'sudo ip link add veth0 address 52:54:00:00:00:01 type veth peer name veth1 && sudo ip netns add peer && ' +
      'sudo ip link set veth1 netns peer && sudo ip -n peer link set veth1 up && ' +
      'sudo ip -n peer link add link veth1 name five type vlan id 5 && ' +
      'sudo ip -n peer address add 10.5.0.2/24 dev five && sudo ip -n peer link set five up',
  );
  const served = ['[Match]', 'Name=five', '[Network]', 'Address=10.5.0.2/24', 'DHCPServer=yes'];
  const pool = ['[DHCPServer]', 'PoolOffset=77', 'PoolSize=1', 'DNS=10.5.0.53'];
  const lines = [...served, ...pool].map((line) => `'${line}'`).join(' ');
  // Where /sys cannot be written networkd asks no udev, which knows nothing of other namespaces.
  // The machine's own networkd has the usual places.
  const networkd = [
    'mount -o remount,ro /sys && mount -t tmpfs none /run/dbus && mount -t tmpfs none /run/systemd/netif',
    'chown systemd-network:systemd-network /run/systemd/netif && exec /usr/lib/systemd/systemd-networkd',
  ].join(' && ');
  await ok(
    session,
    'sudo install -d -o systemd-network /run/systemd/network /run/systemd/netif && ' +
      `printf '%s\\n' ${lines} | sudo tee /run/systemd/network/five.network >/dev/null && ` +
      `sudo systemd-run -q --unit=peer ip netns exec peer sh -c '${networkd}'`,
  );
}

/** Writes entries of bos.network into the local file and applies it, as a person would. */
export async function applyInterfaces(session: Session, ...entries: string[]): Promise<void> {
  const lines = ['bos:', '  network:', ...entries].map((line) => `'${line}'`).join(' ');
  const file = '/var/lib/bhojpur/os/config.yaml';
  await ok(session, `printf '%s\\n' ${lines} | sudo install -D -m 600 /dev/stdin ${file}`);
  await ok(session, 'sudo opsctl config', 120_000);
}

export const macs = { wan: '52:54:00:00:00:01', lan: '52:54:00:00:00:02', peer: '52:54:00:00:00:03' };

/** Which names the cards of the entries have in this boot. */
export async function cardNames(session: Session): Promise<Record<string, string>> {
  const lines = (await ok(session, 'cat /run/bos/network/names')).trim().split(/\r?\n/);
  return Object.fromEntries(lines.map((line) => line.split(' ').slice(0, 2)));
}

/** The third card is that of another machine, which speaks VLAN 5, and comes in by ssh. */
export async function reachedByPeer(session: Session): Promise<void> {
  const find = `basename "$(dirname "$(grep -lx ${macs.peer} /sys/class/net/*/address)")"`;
  await ok(
    session,
    `card=$(${find}) && sudo ip netns add peer && sudo ip link set $card netns peer && ` +
      'sudo ip -n peer link set $card up && sudo ip -n peer link add link $card name five type vlan id 5 && ' +
      'sudo ip -n peer address add 2001:db8:5::2/64 dev five nodad && sudo ip -n peer link set five up',
  );
  await ok(
    session,
    "ssh-keygen -q -t ed25519 -N '' -f /tmp/key && install -d -m 700 ~/.ssh && cat /tmp/key.pub >> ~/.ssh/authorized_keys",
  );
  await until(session, 'sudo ip netns exec peer ping -c 1 -W 1 2001:db8:5::1');
  const options = '-i /tmp/key -o StrictHostKeyChecking=no -o BatchMode=yes -o ConnectTimeout=30';
  const command = `sudo ip netns exec peer ssh ${options} bhojpur@2001:db8:5::1 'echo $SSH_CONNECTION' 2>/dev/null`;
  assert.match(await ok(session, command), /^2001:db8:5::2 \d+ 2001:db8:5::1 22\s*$/);
}

/** bos.network: bridges that ask DHCP, which networkd does: from the kernel command line, and while the system runs. */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { bootLimit, ok, pxeSet } from '../support/boots.ts';
import { addToInitrd, fileAt } from '../support/initrd-files.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';
import { applyInterfaces, connectPeer, until } from '../support/network.ts';
import { newKey, overSsh } from '../support/ssh.ts';

export const issue = 19;

const live = 'live prompt, BIOS';
/** QEMU's first card. */
const mac = '52:54:00:12:34:56';

async function fromCommandLine(t: SystemContext): Promise<void> {
  const { publicKey, ...login } = await newKey(t);
  const words = [`ifname=lan:${mac}`, 'bridge=br0:lan', 'ip=br0:dhcp'];
  const kernel = await addToInitrd(t.host, pxeSet(t, ...words), join(t.folder, 'initrd'), [
    fileAt('bos/system/config.yaml', `ssh_authorized_keys: ["${publicKey}"]\n`, 0o600),
  ]);
  const session = await t.start({
    memory: 640,
    kernel,
    network: { isolated: false, sshPort: login.port },
  });
  await session.login('bhojpur', bootLimit);
  await ok(session, 'sudo systemctl start bos-config.service', bootLimit.timeoutMs);
  const addresses = await ok(session, 'ip -o address');
  assert.match(addresses, / br0 +inet 10\.0\.2\.15\/24 /);
  assert.doesNotMatch(addresses, /inet (?!127\.|10\.0\.2\.15\/24)/, addresses);
  // QEMU's router gives a prefix, too.
  await until(session, 'ip -o -6 address show br0 | grep -q " fec0:"');
  assert.match(await ok(session, 'cat /etc/resolv.conf'), /^nameserver 10\.0\.2\.3\s*$/m);
  assert.match(await ok(session, 'systemctl is-active bos-network bos-dhcp connman'), /^(active\s+){3}$/);
  assert.match(await overSsh(t, login, 'echo $SSH_CONNECTION'), / 10\.0\.2\.15 22\n$/);
}

/** Over a VLAN and over the machine's own card; then everything is taken back. */
async function atRuntime(t: SystemContext): Promise<void> {
  const session = await t.resume(join(t.fixture(live), 'state'));
  await connectPeer(session);
  const wan = `    - { name: wan, mac: "${mac}" }`;
  await applyInterfaces(
    session,
    wan,
    '    - { name: port1, mac: "52:54:00:00:00:01" }',
    '    - { name: guests, vlan: { id: 5, link: port1 } }',
    '    - { name: br5, bridge: { members: [guests] }, dhcp4: true, dhcp6: false, routes: [{ to: 10.9.0.0/16, via: 10.5.0.9 }] }',
    '    - { name: br0, bridge: { members: [wan] }, dhcp4: true }',
  );
  await until(session, 'ip -o -4 address show br5 | grep -q " 10.5.0.77/24 "');
  await until(session, 'ip -o -4 address show br0 | grep -q " 10.0.2.15/24 "');
  await until(session, 'ping -c 1 -W 1 -I br5 10.5.0.2');
  await until(session, 'ping -c 1 -W 1 -I br0 10.0.2.2');
  assert.match(await ok(session, 'ip -4 route'), /^10\.9\.0\.0\/16 via 10\.5\.0\.9 dev br5 proto static/m);
  await until(session, 'grep -qx "nameserver 10.0.2.3" /etc/resolv.conf');
  await until(session, 'grep -qx "nameserver 10.5.0.53" /etc/resolv.conf');
  assert.doesNotMatch(await ok(session, 'connmanctl services; true'), /ethernet_/);
  const addresses = await ok(session, 'ip -o -4 address');
  assert.doesNotMatch(addresses, /inet (?!127\.|10\.5\.0\.77\/24|10\.0\.2\.15\/24)/, addresses);

  // The VLAN is connman's now, below which a card asks for itself.
  await applyInterfaces(
    session,
    `    - { name: wan, mac: "${mac}", dhcp4: true }`,
    '    - { name: v9, vlan: { id: 9, link: wan } }',
    '    - { name: port1, mac: "52:54:00:00:00:01" }',
    '    - { name: guests, vlan: { id: 5, link: port1 }, dhcp4: true }',
  );
  await until(session, 'ip -o -4 address | grep -q " e[^ ]* *inet 10.0.2.15/24 "');
  await until(session, 'ip -o -4 address show guests | grep -q " 10.5.0.77/24 "');
  assert.doesNotMatch(await ok(session, 'ip -o link'), /br0|br5/);

  await applyInterfaces(session, wan);
  await until(session, 'ip -o -4 address | grep -q " e[^ ]* *inet 10.0.2.15/24 "');
  assert.doesNotMatch(await ok(session, 'ip -o link'), /v9|guests/);
  assert.match(await ok(session, 'systemctl is-active bos-dhcp; ls /run/systemd/network'), /^inactive\s/);
  await until(session, '! grep -q 10.5.0.53 /etc/resolv.conf');
}

export const tests: SystemTest[] = [
  {
    name: 'a bridge by DHCP from ip= and bridge= of the kernel command line is reached by ssh',
    seconds: 60,
    soak: true,
    run: fromCommandLine,
  },
  {
    name: 'bridges that ask DHCP at runtime, over a VLAN and over the card of the machine, and are taken back',
    seconds: 60,
    soak: true,
    uses: [live],
    run: atRuntime,
  },
];

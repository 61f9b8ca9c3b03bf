/** `opsctl network show`: with the kernel's own interfaces, in a network namespace of its own (needs root). */
import test, { type ExecutionContext } from 'ava';
import { networkCommand } from '../../../../src/cli/commands/network/command.ts';
import { parseConfigYaml } from '../../../../src/config/yaml/yaml.ts';
import { linuxHost } from '../../../../src/host/linux/index.ts';
import type { Host } from '../../../../src/host/ports.ts';
import { runProgram } from '../install/fake-world.ts';

const real = linuxHost();

/** The host with ip(8) in a new namespace, after these commands. */
function hostWith(setUp: string, resolvConf: string): Host {
  const run: Host['processes']['run'] = (command, args, options) =>
    real.processes.run('unshare', ['-n', 'sh', '-c', `${setUp}\nexec "$@"`, 'sh', command, ...args], options);
  const readText: Host['files']['readText'] = async (path) =>
    path === '/etc/resolv.conf' ? resolvConf : real.files.readText(path);
  return { ...real, processes: { ...real.processes, run }, files: { ...real.files, readText } };
}

const show = (host: Host) =>
  runProgram(['network', 'show', '--as-config'], { commands: [networkCommand], host });

function networkOf(t: ExecutionContext, text: string): unknown {
  const { layer, diagnostics } = parseConfigYaml(text, 'f');
  t.deepEqual(diagnostics, []);
  return layer.entries.get('bos.network')?.value;
}

test('a bridge and a route of a real kernel are a file that the checks take', async (t) => {
  const setUp = [
    'set -e',
    'ip link add br0 address 52:54:00:00:00:01 type bridge && ip link set br0 up',
    'ip address add 10.6.0.1/24 dev br0 && ip address add 2001:db8:6::1/64 dev br0 nodad',
    'ip route add default via 10.6.0.254 && ip route add 172.16.0.0/12 via 10.6.0.9 metric 50',
  ].join('\n');
  const { exitCode, out, err } = await show(hostWith(setUp, 'nameserver 10.6.0.53\n'));
  t.deepEqual({ exitCode, err }, { exitCode: 0, err: '' });
  t.deepEqual(networkOf(t, out), [
    {
      name: 'br0',
      bridge: { members: [] },
      addresses: ['10.6.0.1/24', '2001:db8:6::1/64'],
      gateway4: '10.6.0.254',
      routes: [{ to: '172.16.0.0/12', via: '10.6.0.9', metric: '50' }],
      nameservers: ['10.6.0.53'],
    },
  ]);
});

test('what cannot be taken over is a comment, and no interface is no list', async (t) => {
  const { exitCode, out } = await show(
    hostWith('ip link add port1 type veth peer name port2 && ip link set port1 up', ''),
  );
  t.is(exitCode, 0);
  t.regex(out, /^# warning: port1: an interface of kind "veth" cannot be set up here; it is left out$/m);
  t.regex(out, /^# Every interface asks DHCP/m);
  t.is(networkOf(t, out), undefined);
});

test('an answer that is not JSON is refused', async (t) => {
  const run: Host['processes']['run'] = async () => ({ exitCode: 0, stdout: 'lo: up', stderr: '' });
  const { exitCode, err } = await show({ ...real, processes: { ...real.processes, run } });
  t.is(exitCode, 3);
  t.regex(err, /Expected JSON from ip -d address show/);
});

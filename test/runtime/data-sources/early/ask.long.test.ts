/** A cloud without DHCP is asked with a link-local address, and what it says is set up: in network namespaces (needs root). */
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { newRoot, real } from '../support.ts';

const here = import.meta.dirname;
const script = new URL('../../../../os/overlay/usr/lib/bhojpur/network', import.meta.url).pathname;
const { files } = real;

async function rootAsking(t: ExecutionContext, source = 'digitalocean'): Promise<string> {
  const root = await newRoot(t);
  for (const folder of ['proc', 'run/bos/network', 'etc/systemd/system', 'var/lib/connman'])
    await files.makeDir(join(root, folder));
  await files.write(join(root, 'proc/cmdline'), 'quiet\n');
  await files.write(join(root, 'run/bos/metadata-ask'), `${source}\n`);
  return root;
}

/** The card `idle` has no cable; `wan` leads to the cloud, if it answers. */
async function inNamespace(root: string, answer: string, lines: readonly string[]) {
  const node = `${process.execPath} --no-warnings`;
  const shell = [
    'set -eu',
    'mount -t sysfs sysfs /sys',
    'ip link set lo up',
    'ip link add idle type veth peer name nobody',
    'ip link add wan address 04:01:57:d1:9e:01 type veth peer name cloud',
    'ip link add lan address 04:01:57:d1:9e:02 type veth peer name office',
    'unshare -n sleep 60 & peer=$!',
    'until [ "$(readlink /proc/$peer/ns/net)" != "$(readlink /proc/$$/ns/net)" ]; do sleep 0.05; done',
    'ip link set cloud netns $peer',
    'nsenter -t $peer -n sh -c "ip link set lo up; ip address add 169.254.169.254/16 dev cloud; ip link set cloud up"',
    'mkfifo $ROOT/open $ROOT/said',
    `nsenter -t $peer -n ${node} ${join(here, 'peer.ts')} ${answer} < $ROOT/open > $ROOT/said &`,
    'exec 7> $ROOT/open',
    'read -r line < $ROOT/said && [ "$line" = listening ]',
    `machine() { ${node} ${join(here, 'machine.ts')} $ROOT "$@"; }`,
    ...lines,
    'kill $peer',
  ].join('\n');
  const { stdout } = await real.processes.run('unshare', ['-n', '-m', 'sh', '-c', shell], {
    timeoutMs: 60_000,
    env: { ROOT: root },
  });
  return stdout;
}

test('its answer is what the network is set up by; the cards are left as they were found', async (t) => {
  const root = await rootAsking(t);
  const stdout = await inNamespace(root, 'good', [
    'machine idle wan lan',
    'ip -o link show wan; ip -o address show wan; echo set up:',
    `BOS_NETWORK=$ROOT/run/bos/network BOS_UDEV= BOS_WAIT=1 sh ${script}`,
    'ip -o address; ip route',
  ]);
  const sections = await files.readText(join(root, 'var/lib/connman/bos-network.config'));
  const [asked = '', setUp = ''] = stdout.split('set up:\n');
  t.regex(asked, /^info digitalocean: said how the network is \(asked on wan\)$/m);
  t.regex(asked, /^known: true$/m);
  t.regex(asked, /^systemctl daemon-reload$/m, 'the runtime phase waits for another way out');
  t.regex(asked, /wan@if\d+: <BROADCAST,MULTICAST> /, 'it is down again');
  t.notRegex(asked, /inet/);
  t.regex(setUp, /wan +inet 104\.131\.20\.105\/18 /);
  t.regex(setUp, /wan +inet 10\.17\.0\.9\/16 /);
  t.regex(sections, /^MAC=04:01:57:d1:9e:02\nIPv4=10\.132\.6\.205\/255\.255\.0\.0$/m, "connman's own");
  t.regex(setUp, /wan +inet6 2604:a880:800:10::17d:2001\/64 /);
  t.regex(setUp, /^default via 104\.131\.0\.1 dev wan proto static/m);
  t.regex(
    await files.readText(join(root, 'run/bos/resolv-own.conf')),
    /^nameserver 2001:4860:4860::8844\nnameserver 8\.8\.8\.8\n$/,
  );
});

test('without an answer, or with a bad one, DHCP is used, and that is said', async (t) => {
  for (const [answer, expected] of [
    ['none', /^warning digitalocean: has not said how the network is \(asked on wan\): DHCP is used$/m],
    ['faulty', /^warning digitalocean: .*answered with HTTP status 500$/m],
  ] as const) {
    const root = await rootAsking(t);
    const stdout = await inNamespace(root, answer, ['machine idle wan', 'ip -o address']);
    t.regex(stdout, expected);
    t.regex(stdout, /^known: false$/m);
    t.notRegex(stdout, /inet 169\.254/);
    t.false(await files.exists(join(root, 'run/bos/network/plan')));
  }
});

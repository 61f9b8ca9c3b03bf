/** /usr/lib/bhojpur/network with the kernel's own interfaces, in a network namespace of its own (needs root). */
import { readFileSync, writeFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { real } from '../../../fake-root.ts';

const script = new URL('../../../../../os/overlay/usr/lib/bhojpur/network', import.meta.url).pathname;

/** Runs lines of shell in a new network namespace; `network PLAN` follows a plan of `plans`. */
async function inNamespace(
  t: ExecutionContext,
  plans: Readonly<Record<string, string>>,
  lines: readonly string[],
) {
  const folder = await real.files.makeTempDir('bos-network-');
  t.teardown(() => real.files.remove(folder));
  for (const [name, plan] of Object.entries(plans)) writeFileSync(`${folder}/${name}`, plan);
  const shell = [
    'set -u',
    'mount -t sysfs sysfs /sys',
    `export BOS_NETWORK=${folder}/state BOS_NETWORKD=${folder}/systemd BOS_UDEV= BOS_WAIT=1`,
    'mkdir $BOS_NETWORK',
    `network() { cp ${folder}/$1 $BOS_NETWORK/plan && sh ${script}; }`,
    ...lines,
  ].join('\n');
  const { stdout, stderr } = await real.processes.run('unshare', ['-n', '-m', 'sh', '-c', shell], {
    timeoutMs: 60_000,
  });
  return { stdout, stderr, state: (name: string) => readFileSync(`${folder}/state/${name}`, 'utf8') };
}

const pair = 'ip link add port1 address 52:54:00:ab:cd:ef type veth peer name port2 && ip link set port2 up';
const plan = `find wan mac 52:54:00:ab:cd:ef
mtu wan 1400
own wan
up wan
address wan 203.0.113.5/32
address wan 203.0.113.6/32
address wan 2001:db8::5/128
route wan -4 default via 198.51.100.1 onlink
route wan -6 default via fe80::1 onlink
route wan -4 10.0.0.0/8 via 198.51.100.1 onlink metric 50
out wan
`;
const show =
  'ip -o address show port1 scope global | sed "s/ tentative//"; ip -4 route; ip -6 route show default; cat /sys/class/net/port1/mtu';

test('addresses and routes of a card that is found by its MAC address, the same when it runs again', async (t) => {
  const { stdout, state } = await inNamespace(t, { plan }, [
    pair,
    `network plan && (${show}) > $BOS_NETWORK/first`,
    `network plan && (${show}) > $BOS_NETWORK/second`,
    'cat $BOS_NETWORK/first; ip route get 192.0.2.9',
  ]);
  for (const part of [
    /inet 203\.0\.113\.5\/32 scope global port1/,
    /inet 203\.0\.113\.6\/32 /,
    /inet6 2001:db8::5\/128 /,
    /^default via 198\.51\.100\.1 dev port1 proto static onlink/m,
    /^10\.0\.0\.0\/8 via 198\.51\.100\.1 dev port1 proto static metric 50 onlink/m,
    /^default via fe80::1 dev port1 proto static /m,
    /^1400$/m,
    /192\.0\.2\.9 via 198\.51\.100\.1 dev port1 src 203\.0\.113\.5/,
  ])
    t.regex(stdout, part);
  t.is(state('second'), state('first'));
  t.is(state('connman'), 'CONNMAN_OPTIONS=--nodevice=port1\n');
  t.is(state('out'), 'port1\n');
});

test('the kernel takes nothing from routers, and networkd gets a file for what asks, until another plan', async (t) => {
  const plan = `find port1 name port1
find port2 name port2
bridge br.0 port2
own port1
up port1
own br.0
up br.0
ask br.0 Network DHCP=ipv4 Address=10.0.0.1/8 Route Gateway=10.0.0.2
out br.0 -4
`;
  const settings =
    'for name in port1 br.0; do cat /proc/sys/net/ipv6/conf/$name/accept_ra /proc/sys/net/ipv6/conf/$name/autoconf; done';
  const { stdout, state } = await inNamespace(t, { plan, other: plan.replace(/^ask.*\n/m, '') }, [
    pair,
    'export BOS_NETWORKD=$BOS_NETWORK/systemd; mkdir -p $BOS_NETWORKD/network; echo > $BOS_NETWORKD/network/mine.network',
    `network plan && cat $BOS_NETWORKD/network/*bos* $BOS_NETWORKD/networkd.conf.d/*; (${settings}) | tr '\\n' ' '; echo`,
    'network other; ls $BOS_NETWORKD/network',
  ]);
  const file = [
    '[Match]',
    'Name=br.0',
    '[Network]',
    'DHCP=ipv4',
    'Address=10.0.0.1/8',
    '[Route]',
    'Gateway=10.0.0.2',
  ];
  const foreign = ['[Network]', 'ManageForeignRoutes=no', 'ManageForeignRoutingPolicyRules=no'];
  t.deepEqual(stdout.trim().split('\n'), [...file, ...foreign, '0 0 0 0 ', 'mine.network']);
  t.is(state('out'), 'br.0 -4\n');
});

test('waiting for a lease ends when there is one', async (t) => {
  const plan = 'find port1 name port1\nown port1\nup port1\nout port1 -4\n';
  const { stdout } = await inNamespace(t, { plan }, [
    pair,
    'network plan',
    '(sleep 0.5; ip address add 10.0.0.7/8 dev port1) &',
    `sh ${script} wait; ip -o -4 address show port1`,
  ]);
  t.regex(stdout, /inet 10\.0\.0\.7\/8/);
});

test('another plan takes back what the first has set up, and an empty one all of it', async (t) => {
  const other = `find b name port1
bridge br0 b
own b
up b
own br0
up br0
address br0 10.0.0.1/24
`;
  const { stdout, state } = await inNamespace(t, { plan, other, none: '' }, [
    pair,
    'network plan && network other && ip -o -4 address && ip -4 route && cat /sys/class/net/br0/address',
    'echo; readlink /sys/class/net/port1/master; echo; cat $BOS_NETWORK/connman',
    'network none && echo end && ip -o -4 address && ls /sys/class/net && cat $BOS_NETWORK/connman',
  ]);
  const [before = '', after = ''] = stdout.split('end\n');
  t.regex(before, /br0 +inet 10\.0\.0\.1\/24/);
  t.notRegex(before, /203\.0\.113|198\.51\.100/);
  t.regex(before, /52:54:00:ab:cd:ef\n/, 'it has the address of its member');
  t.regex(before, /\/br0\n/);
  t.regex(before, /--nodevice=br0,port1\n/);
  t.is(after, 'lo\nport1\nport2\nCONNMAN_OPTIONS=\n');
  t.is(state('out'), '');
});

test('what is not there is waited for, and said; the rest is set up', async (t) => {
  const { stdout, stderr } = await inNamespace(
    t,
    {
      plan: 'find eth7 name eth7\nfind late name late\nown eth7\nup eth7\nown late\nup late\naddress late 10.0.0.1/8\n',
    },
    [
      '(sleep 0.4; ip link add late type veth peer name other) &',
      'network plan; echo "exit $?"; ip -o -4 address',
    ],
  );
  t.regex(stderr, /^bos\.network: eth7: no interface with name eth7 was found within 1 seconds/m);
  t.regex(stdout, /^exit 1$/m);
  t.regex(stdout, /late +inet 10\.0\.0\.1\/8/);
});

test('a card that udev is about to rename is taken by its new name', async (t) => {
  const { stdout, stderr } = await inNamespace(
    t,
    { plan: 'find wan mac 52:54:00:ab:cd:ef\nown wan\nup wan\naddress wan 10.0.0.1/8\n' },
    [
      pair,
      'export BOS_UDEV=$BOS_NETWORK/udev BOS_WAIT=5; mkdir $BOS_UDEV',
      'about=$BOS_UDEV/n$(cat /sys/class/net/port1/ifindex)',
      // Not known to udev yet; known, and about to be renamed; renamed, and not said so yet; as it stays.
      '(sleep 0.3; printf "I:1\\nE:ID_RENAMING=1\\n" > $about; sleep 0.4; ip link set port1 name lan1; sleep 0.3; echo I:1 > $about) &',
      'network plan; echo "exit $?"; ip -o -4 address; cat $BOS_NETWORK/connman',
    ],
  );
  t.is(stderr, '');
  t.regex(stdout, /^exit 0$/m);
  t.regex(stdout, /lan1 +inet 10\.0\.0\.1\/8/);
  t.regex(stdout, /--nodevice=lan1\n/);
});

test('an order that fails is told with what the program said, and the next ones are followed', async (t) => {
  const { stderr, stdout } = await inNamespace(
    t,
    { plan: 'find a name port1\nmtu a 70000\nup a\naddress a 10.0.0.1/8\n' },
    [pair, 'network plan; echo "exit $?"; ip -o -4 address'],
  );
  t.regex(stderr, /^bos\.network: a: ip link set dev port1 mtu 70000: .*(invalid|greater)/m);
  t.regex(stdout, /^exit 1$/m);
  t.regex(stdout, /port1 +inet 10\.0\.0\.1\/8/);
});

test('two entries of one driver or kind find two interfaces, and dots in names are dots', async (t) => {
  const { stdout } = await inNamespace(
    t,
    {
      plan: 'find a.1 name e.1\nfind ax1 name ex1\nown a.1\naddress a.1 10.0.0.1/8\naddress ax1 10.1.0.1/16\n',
    },
    ['ip link add ex1 type veth peer name e.1', 'network plan; ip -o -4 address'],
  );
  t.regex(stdout, /e\.1 +inet 10\.0\.0\.1\/8/);
  t.regex(stdout, /ex1 +inet 10\.1\.0\.1\/16/);
});

test('waiting ends when the way out has a carrier', async (t) => {
  const { stdout } = await inNamespace(t, { plan }, [
    pair,
    'network plan',
    'ip link set port2 down',
    `(sleep 0.5; ip link set port2 up) &`,
    `sh ${script} wait; cat /sys/class/net/port1/carrier`,
  ]);
  t.is(stdout, '1\n');
});

/** At which addresses others reach a machine. */
import test from 'ava';
import { ownAddresses } from '../../src/host/linux/system.ts';

type Interfaces = Parameters<typeof ownAddresses>[0];
const v4 = (address: string, internal = false) => ({ address, internal, family: 'IPv4' as const });
const v6 = (address: string, internal = false) => ({ address, internal, family: 'IPv6' as const });

const has = test.macro((t, interfaces: Interfaces, expected: readonly string[]) => {
  t.deepEqual(ownAddresses(interfaces), [...expected]);
});

test('none', has, {}, []);
test(
  'loopback and link-local alone',
  has,
  { lo: [v4('127.0.0.1', true)], eth0: [v6('fe80::1'), v4('169.254.7.7')] },
  [],
);
test('IPv4 first', has, { eth0: [v6('2001:db8::7'), v4('192.0.2.7')], wlan0: [v4('198.51.100.3')] }, [
  ...['192.0.2.7', '198.51.100.3', '2001:db8::7'],
]);
test(
  'not those of containers',
  has,
  {
    cni0: [v4('10.42.0.1')],
    'flannel.1': [v4('10.42.0.0')],
    docker0: [v4('172.17.0.1')],
    eno1: [v4('192.0.2.7')],
  },
  ['192.0.2.7'],
);

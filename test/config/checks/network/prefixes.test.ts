/** Addresses as numbers, and networks: against Node.js's own lists of addresses. */
import { BlockList, isIP } from 'node:net';
import test from 'ava';
import fc from 'fast-check';
import {
  addressBits,
  inOneOf,
  isLinkLocal,
  isNetwork,
  isWithin,
  networkOf,
  readPrefix,
} from '../../../../src/config/checks/network/prefixes.ts';
import { runs } from '../../../properties.ts';

const families = { 4: 'ipv4', 6: 'ipv6' } as const;
const pairs = fc.oneof(
  fc.tuple(fc.constant(4 as const), fc.ipV4(), fc.ipV4(), fc.integer({ min: 0, max: 32 })),
  fc.tuple(fc.constant(6 as const), fc.ipV6(), fc.ipV6(), fc.integer({ min: 0, max: 128 })),
);

test('whether an address is in a network', (t) => {
  fc.assert(
    fc.property(pairs, fc.boolean(), ([family, address, other, length], same) => {
      const prefix = readPrefix(`${address}/${length}`);
      const looked = addressBits(same ? address : other);
      if (prefix === undefined || looked === undefined) return false;
      const list = new BlockList();
      list.addSubnet(address, length, families[family]);
      return isWithin(prefix, looked) === list.check(same ? address : other, families[family]);
    }),
    { numRuns: runs(500) },
  );
  t.pass();
});

test('in one of many networks is what one of them holds', (t) => {
  fc.assert(
    fc.property(fc.array(pairs, { maxLength: 5 }), pairs, fc.nat(), (all, [, address], pick) => {
      const prefixes = all.flatMap(([, own, , length]) => readPrefix(`${own}/${length}`) ?? []);
      const looked = addressBits(all[pick % (all.length * 2 || 1)]?.[2] ?? address);
      if (looked === undefined) return false;
      return inOneOf(prefixes)(looked) === prefixes.some((prefix) => isWithin(prefix, looked));
    }),
    { numRuns: runs(300) },
  );
  t.pass();
});

test('the network of an address', (t) => {
  fc.assert(
    fc.property(pairs, ([, address, , length]) => {
      const network = readPrefix(networkOf(`${address}/${length}`) ?? '');
      const own = addressBits(address);
      return network !== undefined && own !== undefined && isNetwork(network) && isWithin(network, own);
    }),
    { numRuns: runs(300) },
  );
  t.is(networkOf('203.0.113.77/26'), '203.0.113.64/26');
  t.is(networkOf('2001:db8::ffff/112'), '2001:db8:0:0:0:0:0:0/112');
  t.is(networkOf('0.0.0.0/0'), '0.0.0.0/0');
  t.is(networkOf('203.0.113.77'), undefined);
});

test('only addresses are read', (t) => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: fc.constantFrom('1', '0', 'a', ':', '.', '%', '/', 'g') }),
        fc.ipV6(),
        fc.ipV4(),
      ),
      (text) => addressBits(text) === undefined || isIP(text) !== 0,
    ),
    { numRuns: runs(2000) },
  );
  t.pass();
});

test('what only looks like an address with a length', (t) => {
  for (const text of [
    '10.0.0.1',
    '10.0.0.1/33',
    '10.0.0.1/',
    '10.0.0.1/08',
    '::1/129',
    'fe80::1%eth0/64',
    '/8',
    '10.0.0.1/8/8',
  ])
    t.is(readPrefix(text), undefined, text);
});

test('networks and addresses on the link', (t) => {
  const network = (text: string) => isNetwork(readPrefix(text) as NonNullable<ReturnType<typeof readPrefix>>);
  t.true(network('10.0.0.0/8'));
  t.false(network('10.0.0.1/8'));
  t.true(network('10.0.0.1/32'));
  t.true(isLinkLocal(addressBits('fe80::1') as never));
  t.false(isLinkLocal(addressBits('fec0::1') as never));
});

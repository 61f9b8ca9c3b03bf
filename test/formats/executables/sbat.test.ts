import test from 'ava';
import fc from 'fast-check';
import { sbatLevelOf, wouldGoBack } from '../../../src/formats/executables/sbat.ts';
import { portableExecutable } from './portable-executable.ts';

const grub = (generation: number, debian: number) =>
  `sbat,1,SBAT Version,sbat,1,https://example.com\ngrub,${generation},FSF,grub,2.06,x\ngrub.debian,${debian},Debian,grub2,2.06,x\n`;
const level = (text: string) => sbatLevelOf(portableExecutable(text));

test('the generations of each component', (t) => {
  t.deepEqual(
    [...(level(grub(5, 4)) ?? [])],
    [
      ['sbat', 1],
      ['grub', 5],
      ['grub.debian', 4],
    ],
  );
});

test('files without: no PE, no section, an empty one, nothing', (t) => {
  const others = [Buffer.from('#!/bin/sh'), portableExecutable(), portableExecutable(''), Buffer.alloc(0)];
  t.deepEqual(others.map(sbatLevelOf), [undefined, undefined, undefined, undefined]);
});

const back = test.macro({
  exec: (t, installed: string | undefined, offered: string | undefined, found: string[]) =>
    t.deepEqual(
      wouldGoBack(
        installed === undefined ? undefined : level(installed),
        offered === undefined ? undefined : level(offered),
      ),
      found,
    ),
  title: (title) => `in the place of another: ${title}`,
});
test('the same', back, grub(5, 5), grub(5, 5), []);
test('a newer one', back, grub(3, 3), grub(5, 4), []);
test('an older one', back, grub(5, 5), grub(4, 5), ['grub 5 (ours: 4)']);
test('older in one, newer in the other', back, grub(4, 5), grub(5, 4), ['grub.debian 5 (ours: 4)']);
test('one of another vendor', back, 'grub,4,x\ngrub.rh,9,x\n', grub(4, 1), []);
test('one without data', back, grub(1, 1), undefined, [
  'sbat 1 (ours: none)',
  'grub 1 (ours: none)',
  'grub.debian 1 (ours: none)',
]);
test('anything in the place of one without data', back, undefined, grub(1, 1), []);

test('any bytes, and any damage, are data or none', (t) => {
  const whole = portableExecutable(grub(5, 4));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
      sbatLevelOf(bytes);
    }),
  );
  fc.assert(
    fc.property(fc.nat(0x220), fc.nat(255), fc.nat(whole.length), (at, byte, end) => {
      const damaged = Buffer.from(whole);
      damaged[at] = byte;
      sbatLevelOf(damaged.subarray(0, end));
    }),
  );
  t.pass();
});

/** What programs of this machine need, as readelf says it; and bytes that are no program. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import { OpsError } from '../../../src/errors.ts';
import { elfNeeds, isElf } from '../../../src/formats/executables/elf.ts';
import { runs } from '../../properties.ts';
import { damaged, onlyRefuses, tool } from '../support.ts';

const judged = test.macro((t, path: string) => {
  const said = tool('readelf', '--dynamic', '--program-headers', '--wide', path);
  const libraries = [...said.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name]) => name);
  const interpreter = /program interpreter: (.+)\]/.exec(said)?.[1];
  t.deepEqual(elfNeeds(readFileSync(path)), {
    ...(interpreter === undefined ? {} : { interpreter }),
    libraries: libraries as string[],
  });
});
test('a program', judged, '/usr/bin/lsblk');
test('Node.js, which does not lie where it likes', judged, process.execPath);
test('a static program', judged, '/bin/busybox');
test('the C library', judged, '/lib/x86_64-linux-gnu/libc.so.6');

test('a program has a loader and libraries', (t) => {
  const { interpreter, libraries } = elfNeeds(readFileSync('/usr/bin/lsblk'));
  t.is(interpreter, '/lib64/ld-linux-x86-64.so.2');
  t.true(libraries.includes('libc.so.6'));
});

test('a script is no ELF file', (t) => {
  t.false(isElf(Buffer.from('#!/bin/sh\n')));
  t.throws(() => elfNeeds(Buffer.from('#!/bin/sh\n')), { code: 'elf-invalid', instanceOf: OpsError });
});

test('a damaged program is refused or read, and nothing else', async (t) => {
  const whole = readFileSync('/usr/bin/lsblk');
  await t.notThrowsAsync(
    fc.assert(
      fc.asyncProperty(damaged(whole, fc.nat(4096)), (bytes) => onlyRefuses(() => void elfNeeds(bytes))),
      { numRuns: runs(200) },
    ),
  );
});

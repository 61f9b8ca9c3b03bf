/** ICU's data in a program: a small package as icupkg lays it down, that of this Node.js, and damaged ones. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import fc from 'fast-check';
import { isDropped } from '../../../src/build/stages/node.ts';
import { OpsError } from '../../../src/errors.ts';
import { dropIcuItems, icuItems } from '../../../src/formats/executables/icu-data.ts';
import { runs } from '../../properties.ts';
import { damaged, onlyRefuses, sameBytes } from '../support.ts';

/** A program with a package of these items; contents are in the order of `contents`, the table in that of the names. */
function programWith(contents: Readonly<Record<string, string>>): Buffer {
  const names = Object.keys(contents).toSorted();
  const header = Buffer.alloc(32);
  header.writeUInt16LE(header.length, 0);
  header.set([0xda, 0x27, 20, 0], 2);
  header.set([0, 0, 2, 0], 8);
  header.write('CmnD', 12, 'latin1');
  const table = Buffer.alloc(4 + 8 * names.length);
  table.writeUInt32LE(names.length, 0);
  const parts: Buffer[] = [];
  let end = table.length;
  const put = (bytes: Buffer) => {
    parts.push(bytes);
    end += bytes.length;
    return end - bytes.length;
  };
  for (const [index, name] of names.entries())
    table.writeUInt32LE(put(Buffer.from(`${name}\0`)), 4 + 8 * index);
  for (const [name, content] of Object.entries(contents))
    table.writeUInt32LE(put(Buffer.from(content)), 8 + 8 * names.indexOf(name));
  // What looks like a package and is none stands before it.
  return Buffer.concat([
    Buffer.from('program\xda\x27 code ', 'latin1'),
    header,
    table,
    ...parts,
    Buffer.from('more'),
  ]);
}
const contents = {
  'icudt78l/zu.res': 'zulu',
  'icudt78l/root.res': 'the root',
  'icudt78l/curr/de.res': 'Euro',
  'icudt78l/en.res': 'english',
  'icudt78l/last.res': 'end',
};
const textsOf = (program: Buffer) =>
  Object.fromEntries(
    icuItems(program).map(({ name, offset, size }) => [
      name.replace('icudt78l/', ''),
      size === undefined ? undefined : program.toString('latin1', offset, offset + size),
    ]),
  );

test('items, with their contents; where the last one ends nobody knows', (t) => {
  t.deepEqual(textsOf(programWith(contents)), {
    'curr/de.res': 'Euro',
    'en.res': 'english',
    'last.res': undefined,
    'root.res': 'the root',
    'zu.res': 'zulu',
  });
});

test('what is dropped is found no more and is zero; the rest lies where it lay', (t) => {
  const program = programWith(contents);
  const before = Buffer.from(program);
  t.is(dropIcuItems(program, isDropped), 'zulu'.length + 'Euro'.length);
  t.is(program.length, before.length);
  t.deepEqual(Object.keys(textsOf(program)), ['en.res', 'last.res', 'root.res']);
  for (const { name, offset } of icuItems(program))
    t.true(
      icuItems(before).some((item) => item.name === name && item.offset === offset),
      name,
    );
  for (const word of ['zulu', 'Euro']) {
    const at = before.indexOf(word);
    t.deepEqual(program.subarray(at, at + 4), Buffer.alloc(4), word);
  }
  for (const word of ['english', 'the root', 'more']) t.is(program.indexOf(word), before.indexOf(word), word);
});

test('the rules: languages go, what every language needs stays', (t) => {
  const kept = [
    'root',
    'en',
    'en_US_POSIX',
    'pool',
    'res_index',
    'zoneinfo64',
    'icuver',
    'curr/en_001',
    'coll/root',
  ];
  for (const name of kept) t.false(isDropped(`icudt78l/${name}.res`), name);
  for (const name of ['coll/ucadata.icu', 'nfkc.nrm', 'brkitr/char.brk', 'emojis.spp', 'cnvalias.icu'])
    t.false(isDropped(`icudt78l/${name}`), name);
  for (const name of ['de', 'zh_Hant_TW', 'curr/ars', 'zone/no', 'translit/root', 'coll/de__PHONEBOOK'])
    t.true(isDropped(`icudt78l/${name}.res`), name);
  for (const name of ['ibm-943_P15A-2003.cnv', 'brkitr/thaidict.dict'])
    t.true(isDropped(`icudt78l/${name}`), name);
});

test('this Node.js has all of it', (t) => {
  const items = icuItems(readFileSync(process.execPath));
  t.true(items.length > 1000, `${items.length}`);
  for (const name of ['root.res', 'de.res', 'coll/ucadata.icu'])
    t.true(
      items.some((item) => item.name.replace(/^icudt\d+l\//, '') === name),
      name,
    );
});

test('none, or a damaged one: refused, and nothing is changed', async (t) => {
  t.throws(() => icuItems(Buffer.from('#!/bin/sh\n')), { instanceOf: OpsError, code: 'icu-data-invalid' });
  const whole = programWith(contents);
  await t.notThrowsAsync(
    fc.assert(
      fc.asyncProperty(damaged(whole, fc.nat(whole.length - 1)), (bytes) =>
        onlyRefuses(() => {
          const before = Buffer.from(bytes);
          try {
            dropIcuItems(bytes, isDropped);
          } catch (error) {
            sameBytes(t, bytes, before);
            throw error;
          }
        }),
      ),
      { numRuns: runs(200) },
    ),
  );
});

import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import {
  environmentSize,
  parseEnvironmentBlock,
  renderEnvironmentBlock,
} from '../../../src/formats/boot-config/grubenv.ts';
import { onlyRefuses, temporaryFolder, tool } from '../support.ts';

const variables = fc
  .uniqueArray(
    fc.tuple(
      fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,9}$/),
      fc.string({ unit: fc.constantFrom('a', '\\', '\n', '#', '=', ' ', '"', 'ü', '\t'), maxLength: 20 }),
    ),
    { selector: ([name]) => name, maxLength: 8 },
  )
  .map((pairs) => new Map(pairs));

test('what is rendered is parsed, in 1024 bytes that only begin with content', (t) => {
  fc.assert(
    fc.property(variables, (map) => {
      const block = renderEnvironmentBlock(map);
      t.is(block.length, environmentSize);
      t.true(block.subarray(512).every((byte) => byte === 0x23));
      t.deepEqual(parseEnvironmentBlock(block), map);
    }),
  );
});

test('arbitrary bytes after the header never crash', async (t) => {
  const header = Buffer.from('# GRUB Environment Block\n');
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      await onlyRefuses(() => parseEnvironmentBlock(Buffer.concat([header, bytes])));
      await onlyRefuses(() => parseEnvironmentBlock(bytes));
    }),
  );
  t.pass();
});

test('a block without the header is refused', (t) => {
  t.throws(() => parseEnvironmentBlock(new Uint8Array(1024)), { code: 'environment-invalid' });
});

test('a last line without its end is not a variable, as in GRUB', (t) => {
  const block = Buffer.from('# GRUB Environment Block\na=1\nb=2');
  t.deepEqual([...parseEnvironmentBlock(block)], [['a', '1']]);
});

test('what does not lie in one sector is not rendered', (t) => {
  const header = '# GRUB Environment Block\n'.length;
  const room = 512 - header - 'a=\n'.length;
  t.notThrows(() => renderEnvironmentBlock(new Map([['a', 'x'.repeat(room)]])));
  t.throws(() => renderEnvironmentBlock(new Map([['a', 'x'.repeat(room + 1)]])), {
    code: 'environment-too-large',
  });
  t.throws(() => renderEnvironmentBlock(new Map([['a=b', '']])), { code: 'environment-name' });
  t.throws(() => renderEnvironmentBlock(new Map([['a', '\0']])), { code: 'environment-value' });
});

test('grub-editenv reads our block, and we read its', async (t) => {
  const file = join(temporaryFolder(t), 'grubenv');
  writeFileSync(
    file,
    renderEnvironmentBlock(
      new Map([
        ['bos_mark', 'valid'],
        ['odd', 'a\\b=c # d'],
      ]),
    ),
  );
  t.is(tool('grub-editenv', file, 'list'), 'bos_mark=valid\nodd=a\\b=c # d\n');
  tool('grub-editenv', file, 'set', 'bos_mark=installing', 'path=C:\\x');
  tool('grub-editenv', file, 'unset', 'odd');
  const map = parseEnvironmentBlock(await readFile(file));
  t.deepEqual(
    [...map],
    [
      ['bos_mark', 'installing'],
      ['path', 'C:\\x'],
    ],
  );
});

/** A medium that was left in the machine starts what is installed; one that was changed has a purpose and starts that. */
import test from 'ava';
import { renderMediumMenu } from '../../../src/boot/menus/menu.ts';
import { editArguments, readMenu } from '../../../src/boot/menus/menu-edit.ts';

const menu = { version: '0.1.0', kernel: 'k', arguments: ['quiet'] };
const text = renderMediumMenu(menu);
const bytes = Buffer.from(text);
const prefers = (edited: Uint8Array) =>
  /^set bos_disk_first=(.*)$/m.exec(Buffer.from(edited).toString())?.[1];

test('the entry stands first, and is the default only where the default was the live system', (t) => {
  t.true(text.indexOf("'Start the installed disk'") < text.indexOf('--id live'));
  t.regex(text, /if \[ "\$bos_disk_first" = yes -a "\$default" = live \]/);
  t.is(prefers(bytes), 'yes');
});

test('who changes the medium still finds its own default entry, and the kernels of its own entries', (t) => {
  const read = readMenu('grub', bytes);
  t.is(read.default, 'live');
  t.deepEqual(
    read.entries.map(({ kernels }) => kernels.length),
    [0, 1, 1, 1],
  );
});

for (const [what, edit] of [
  ['added', { append: ['bos.mode=install', 'bos.install.silent'] }],
  ['removed', { remove: ['quiet'] }],
  ['replaced', { replace: [{ from: 'quiet', to: 'debug' }] }],
] as const)
  test(`arguments ${what}: its own entry starts`, (t) => {
    const { bytes: edited, lines } = editArguments('grub', bytes, edit);
    t.is(lines, 3);
    t.is(prefers(edited), 'no');
    // A second time nothing more changes there.
    t.is(prefers(editArguments('grub', edited, { append: ['more'] }).bytes), 'no');
  });

test('nothing changed, or a menu of somebody else: not a byte', (t) => {
  t.is(prefers(editArguments('grub', bytes, { remove: ['none'] }).bytes), 'yes');
  const other = Buffer.from('set bos_disk_first=maybe\nmenuentry a {\n linux /k quiet\n}\n');
  const { bytes: edited } = editArguments('grub', other, { remove: ['quiet'] });
  t.is(Buffer.from(edited).toString(), 'set bos_disk_first=maybe\nmenuentry a {\n linux /k\n}\n');
});

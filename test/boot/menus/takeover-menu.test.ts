import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import {
  isTakeoverMenu,
  readOldMenu,
  renderAddition,
  renderTakeoverMenu,
  withAddition,
  withoutAddition,
} from '../../../src/boot/menus/takeover-menu.ts';
import { workstationHost } from '../../../src/host/workstation/index.ts';
import { anyText } from '../../any-text.ts';

const { files, processes } = workstationHost();
const uuid = '5a2f7c1e-0d3b-4f6a-9c8d-1e2b3a4c5d6e';
const other = '00000000-0d3b-4f6a-9c8d-1e2b3a4c5d6e';
const addition = renderAddition({ folder: 'boot/grub', uuid });
const apart = renderAddition({ folder: 'boot/grub2', uuid, boot: { uuid: other, path: '/grub2' } });
const menu = renderTakeoverMenu({ uuid, limit: 1200 });

for (const [name, text] of [
  ['what is added to the old menu', addition],
  ['the same for GRUB on a file system of its own', apart],
  ['the new menu', menu],
] as const) {
  test(`${name}: as it was when it last booted`, (t) => t.snapshot(text));
  test(`${name}: GRUB's own checker accepts it`, async (t) => {
    const folder = await files.makeTempDir('bos-menu-');
    t.teardown(() => files.remove(folder));
    await files.write(join(folder, 'grub.cfg'), text);
    await t.notThrowsAsync(processes.run('grub-script-check', [join(folder, 'grub.cfg')]));
  });
}

test('a password of the old GRUB keeps nobody waiting: the menus behind it have none', (t) => {
  const lines = menu.split('\n');
  const last = lines.findIndex((line) => line.startsWith('configfile '));
  t.true(lines.indexOf('unset superusers') >= 0 && lines.indexOf('unset superusers') < last);
  // The old menu asks for none before it.
  for (const text of [addition, apart]) t.regex(text, /^ {2}menuentry .* --unrestricted \{$/m);
});

/** What grub-mkconfig writes to start an entry once, and the one that is started else. */
const startsOnce = (usual: string) => `if [ "\${next_entry}" ] ; then
   set default="\${next_entry}"
   set next_entry=
   save_env next_entry
   set boot_once=true
else
   set default="${usual}"
fi
`;

/** As grub2-mkconfig of RHEL 8 and 9 makes it: entries by blscfg, the environment block by its folder. */
const redHat = `
if [ -f \${config_directory}/grubenv ]; then
  load_env -f \${config_directory}/grubenv
elif [ -s $prefix/grubenv ]; then
  load_env
fi
${startsOnce('${saved_entry}')}insmod blscfg
blscfg
if [ -f  \${config_directory}/custom.cfg ]; then
  source \${config_directory}/custom.cfg
elif [ -z "\${config_directory}" -a -f  $prefix/custom.cfg ]; then
  source $prefix/custom.cfg
fi
`;

test('the new menu is known again, for its file system alone', (t) => {
  t.true(isTakeoverMenu(menu, uuid));
  t.false(isTakeoverMenu(menu, other));
  t.false(isTakeoverMenu(addition, uuid));
  t.false(isTakeoverMenu('', uuid));
});

test('what people have in custom.cfg stays, before and after', (t) => {
  fc.assert(
    fc.property(anyText(), (text) => {
      fc.pre(!text.includes('# --- Bhojpur OS'));
      const added = withAddition(text, addition);
      t.true(added.startsWith(text) && added.endsWith(addition));
      t.is(withAddition(added, addition), added);
      t.is(withoutAddition(added), text === '' || text.endsWith('\n') ? text : `${text}\n`);
      t.is(withoutAddition(text), text);
    }),
  );
});

/** As update-grub of Debian 12 makes it. */
const debian = `
if [ -s $prefix/grubenv ]; then
  set have_grubenv=true
  load_env
fi
${startsOnce('0')}### BEGIN /etc/grub.d/41_custom ###
if [ -f  \${config_directory}/custom.cfg ]; then
  source \${config_directory}/custom.cfg
elif [ -z "\${config_directory}" -a -f  $prefix/custom.cfg ]; then
  source $prefix/custom.cfg
fi
`;

const reads = test.macro({
  title: (name) => `an old menu: ${name}`,
  exec: (t, text: string, readsCustom: boolean, startsOnce: boolean) =>
    t.deepEqual(readOldMenu(text), { readsCustom, startsOnce }),
});
test('of Debian', reads, debian, true, true);
test('of RHEL', reads, redHat, true, true);

test('an old menu that waits for a key is told from one that does so after a failed start alone', (t) => {
  const timed = (...times: readonly string[]) =>
    readOldMenu(`${debian}${times.map((time) => `  set timeout=${time}\n`).join('')}`).waits;
  t.true(timed('-1', '-1'));
  t.true(timed('"-1"'));
  for (const times of [[], ['5', '5'], ['0', '-1'], ['-1', '30'], ['10\n# set timeout=-1']])
    t.is(timed(...times), undefined, times.join());
});
test('an empty one', reads, '', false, false);
test('without custom.cfg', reads, debian.replaceAll(/^.*custom\.cfg.*$/gm, ''), false, true);
test('with custom.cfg in a comment', reads, debian.replaceAll('source', '# source'), false, true);
test(
  'with a custom.cfg elsewhere',
  reads,
  debian.replaceAll(/source .*/g, 'source /mnt/custom.cfg'),
  false,
  true,
);
test('that forgets to take the entry back', reads, debian.replace('save_env next_entry', ''), true, false);
test('that never reads its environment', reads, debian.replace('  load_env\n', ''), true, false);
test('with another default', reads, debian.replace(/set default="\$.*/, 'set default=1'), true, false);

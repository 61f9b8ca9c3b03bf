/** Menus that were written before boots were counted (older-menus, by that version) become what would be written now. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { renderDiskMenu, renderImageMenu } from '../../src/boot/menus/menu.ts';
import { chooseEntry } from '../../src/boot/menus/menu-choice.ts';
import { editArguments, readMenu } from '../../src/boot/menus/menu-edit.ts';
import { oldSystemEntry } from '../../src/boot/menus/partition-menu.ts';
import { upgradeMenu } from '../../src/boot/older-menu.ts';

const older = (name: string) => readFileSync(join(import.meta.dirname, `older-menus/${name}.cfg`), 'utf8');
const words = [
  ...['console=tty0', 'console=ttyS0,115200', 'bos.sysctl[kernel.printk]=4 4 1 7'],
  String.raw`bos.token=a\x27b$c`,
];
const before = {
  ...{ id: 'before', title: 'What this disk started before', path: 'bos/system/grub/boot-sector.old' },
};
const menus = {
  disk: renderDiskMenu({ arguments: words, timeout: 7 }),
  image: renderImageMenu({ arguments: ['quiet'] }, 2),
  volume:
    renderDiskMenu({ arguments: ['bos.lv=abc', 'quiet'], moreInitrds: ['bos/system/grub/lvm.img'] }) +
    oldSystemEntry(before),
};

for (const [name, now] of Object.entries(menus)) {
  test(`${name}: as it would be written now; a second time nothing changes`, (t) => {
    t.not(older(name), now);
    t.is(upgradeMenu(older(name)), now);
    t.is(upgradeMenu(now), now);
  });

  test(`${name}: what was changed by our own commands stays`, (t) => {
    const edited = editArguments('grub', Buffer.from(older(name)), { append: ['more=1 2'] }).bytes;
    const chosen = chooseEntry('grub', edited, { reference: 'previous', timeout: 30, first: true });
    const {
      entries,
      default: first,
      timeout,
    } = readMenu('grub', Buffer.from(upgradeMenu(Buffer.from(chosen).toString()) ?? ''));
    t.is(first, 'previous');
    t.is(timeout, 30);
    for (const id of ['current', 'previous', 'rescue'])
      t.is(entries.find((entry) => entry.id === id)?.kernels[0]?.arguments.at(-1)?.word, 'more=1 2');
  });

  test(`${name}: a person's changes, or another text, are left alone`, (t) => {
    for (const [from, to] of [
      ['set fallback=1\n', 'set fallback=2\n'],
      ['Rescue shell', 'Help'],
      ['bos.mode=disk', 'bos.mode=local'],
      ['# When the kernel', '# When a kernel'],
      ['    terminal_output console serial\n', ''],
    ] as const) {
      t.true(older(name).includes(from), from);
      t.is(upgradeMenu(older(name).replace(from, to)), undefined);
    }
    t.is(upgradeMenu(''), undefined);
    t.is(
      upgradeMenu(
        older(name)
          .slice(0, -40)
          .replace(/\n\nif .* --id rescue .*$/s, ''),
      ),
      undefined,
    );
  });
}

test('an image fills its room up behind the menu', (t) => {
  const fill = `\n${'#'.repeat(3000)}\n`;
  t.is(upgradeMenu(older('disk') + fill), menus.disk + fill);
});

test('the arguments of one entry are of that one', (t) => {
  const text = older('disk').replace(/(bos\.mode=rescue .*)$/m, '$1 single');
  const { entries } = readMenu('grub', Buffer.from(upgradeMenu(text) ?? ''));
  t.deepEqual(
    entries.map(({ kernels }) => kernels[0]?.arguments.some(({ word }) => word === 'single')),
    [false, false, true],
  );
});

/** Long menus that make a reader go back again and again: each is read in a time that grows with its size. */
import test from 'ava';
import { editArguments, readMenu } from '../../../src/boot/menus/menu-edit.ts';
import type { BootLoader } from '../../../src/boot/menus/menus.ts';
import { OpsError } from '../../../src/errors.ts';
import { isLongRun } from '../../properties.ts';

const size = isLongRun ? 2 ** 19 : 2 ** 17;
/** Of the processor. Far more than any of them takes, far less than what grows faster than the menu. */
const patienceMs = 10_000;

const filled = (text: string, before = '', after = '') =>
  `${before}${text.repeat(Math.floor((size - before.length - after.length) / text.length))}${after}`;

const menus: readonly (readonly [name: string, loader: BootLoader, text: string])[] = [
  ['blanks in quotes', 'isolinux', filled(' ', 'label a\nkernel /v\nappend "', '"\n')],
  ['blanks and tabs before a quote', 'isolinux', filled(' \t', 'label a\nkernel /v\nappend x', '"')],
  ['quoted blanks, one after the other', 'isolinux', filled('"    " ', 'label a\nkernel /v\nappend ')],
  ['blanks at the beginning', 'isolinux', filled(' ', '', 'label a')],
  ['labels', 'isolinux', filled('label a\n')],
  ['empty lines', 'isolinux', filled('\r\n')],
  ['carriage returns', 'isolinux', filled('\r')],
  ['menus', 'isolinux', filled('menu ')],
  ['one word', 'grub', filled('a')],
  ['one word for a kernel', 'grub', filled('a', 'menuentry a {\nlinux /v ', '\n}\n')],
  ['braces', 'grub', filled('{')],
  ['closing braces', 'grub', filled('}')],
  ['blocks in blocks', 'grub', filled('menuentry a {\n')],
  ['quotes', 'grub', filled(`"'`)],
  ['backslashes', 'grub', filled('\\')],
  ['continued lines', 'grub', filled('\\\r\n')],
  ['variables', 'grub', filled('$')],
  ['variables without an end', 'grub', filled('${a', 'set x=')],
  ['if without fi', 'grub', filled('if ')],
  ['menu entries', 'grub', filled('menuentry a {\nlinux /v b\n}\n')],
];

for (const [name, loader, text] of menus)
  test(`${loader} with ${name}`, (t) => {
    const start = process.cpuUsage();
    const bytes = Buffer.from(text);
    for (const work of [
      () => readMenu(loader, bytes),
      () => editArguments(loader, bytes, { append: ['x=y'] }, undefined),
    ])
      try {
        work();
      } catch (error) {
        // Too long, or nothing to change, and said so.
        t.true(error instanceof OpsError, `${error}`);
      }
    const { user, system } = process.cpuUsage(start);
    t.true((user + system) / 1000 < patienceMs);
  });

test('arguments end where they did', (t) => {
  const menu = readMenu('isolinux', Buffer.from('label a\nkernel /v\nappend a="b  "  c \t\nlabel b\n'));
  t.deepEqual(
    menu.entries[0]?.kernels[0]?.arguments.map(({ word, start, end }) => [word, end - start]),
    [
      ['a=b  ', 7],
      ['c', 1],
    ],
  );
});

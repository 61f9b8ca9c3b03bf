/** What ISOLINUX starts without a label: nobody has pressed a key, something is missing, a key hides the menu. */
import test from 'ava';
import { type ArgumentEdit, editArguments, readMenu } from '../../../src/boot/menus/menu-edit.ts';
import type { MenuContext } from '../../../src/boot/menus/menus.ts';

const context = (...labels: string[]): MenuContext => ({ labels: new Set(labels) });

/** The text behind an edit, which adds `x=1` unless another one is told. */
function edited(
  text: string,
  {
    edit = { append: ['x=1'] },
    ...more
  }: { edit?: ArgumentEdit; context?: MenuContext; entry?: string } = {},
): string {
  const chosen =
    more.entry === undefined ? undefined : ({ title }: { title: string }) => title === more.entry;
  return Buffer.from(
    editArguments('isolinux', Buffer.from(text), edit, { chosen, context: more.context }).bytes,
  ).toString();
}

/** Debian's installer with speech: what starts when nobody presses a key. */
const speech = `\
label installspk
	menu label Install with speech
	kernel /install.amd/vmlinuz
	append vga=788 initrd=/install.amd/gtk/initrd.gz speakup.synth=soft --- quiet
timeout 300
ontimeout /install.amd/vmlinuz vga=788 initrd=/install.amd/gtk/initrd.gz speakup.synth=soft --- quiet
menu autoboot Press a key, otherwise speech synthesis will be started in # second{,s}...
`;

test('the automatic start is an entry of its own, and gets the argument before its separator', (t) => {
  // A label holds up to the next one: what stands below it is looked at all the same.
  const menu = readMenu('isolinux', Buffer.from(speech));
  t.deepEqual(
    menu.entries.map(({ title, kernels }) => [title, kernels[0]?.kernel, kernels[0]?.arguments.length]),
    [
      ['Install with speech', '/install.amd/vmlinuz', 5],
      ['ontimeout', '/install.amd/vmlinuz', 5],
    ],
  );
  t.is(edited(speech), speech.replaceAll(' --- quiet', ' x=1 --- quiet'));
  t.is(
    edited(speech, { entry: 'ontimeout' }),
    speech.replace(/ --- quiet\nmenu a/, ' x=1 --- quiet\nmenu a'),
  );
});

const starts = test.macro({
  exec: (t, before: string, after: string, more: Parameters<typeof edited>[1] = {}) => {
    t.is(edited(before, more), after);
  },
  title: (_, before) => JSON.stringify(before).slice(0, 70),
});
test(starts, 'default /vmlinuz initrd=/i quiet\n', 'default /vmlinuz initrd=/i quiet x=1\n');
test(starts, 'DEFAULT linux', 'DEFAULT linux x=1');
test(starts, 'OnError vmlinuz rescue --\r\n', 'OnError vmlinuz rescue x=1 --\r\n');
test(starts, 'menu hiddenkey F8,F9 /vmlinuz a\n', 'menu hiddenkey F8,F9 /vmlinuz a x=1\n');
test(starts, 'ontimeout /v ---\n', 'ontimeout /v x=1 ---\n');
// Labels, of this file and of others, have lines of their own; programs take no arguments.
test(
  starts,
  'default live\nlabel live\nlinux /v\nappend a\n',
  'default live\nlabel live\nlinux /v\nappend a x=1\n',
);
test(starts, 'ontimeout live quiet\n', 'ontimeout live quiet\n', { context: context('live') });
test(
  starts,
  'default vesamenu.c32\nontimeout chain.c32 hd0\n',
  'default vesamenu.c32\nontimeout chain.c32 hd0\n',
);
test(starts, 'default /v a q\n', 'default /v b\n', {
  edit: { remove: ['q'], replace: [{ from: 'a', to: 'b' }] },
});
test(starts, 'ontimeout /v q --- q\n', 'ontimeout /v q --- b q x\n'.replace(' b q x', ' b x'), {
  edit: { append: ['x'], replace: [{ from: 'q', to: 'b' }], afterSeparator: true },
});

test('help is no line, and a submenu has arguments of its own for all of its entries', (t) => {
  const text = `\
label one
  text help
    append what you like
    label nothing
  endtext
  linux /v
  append a
menu begin more
  append s
  label two
    linux /w
menu end
label three
  linux /u
`;
  t.is(
    edited(text),
    text
      .replace('append a\n', 'append a x=1\n')
      .replace('append s\n', 'append s x=1\n')
      .replace('linux /u\n', 'linux /u\n  append x=1\n'),
  );
  t.is(edited(text, { entry: 'two' }), text.replace('linux /w\n', 'linux /w\n    append s x=1\n'));
});

test('an entry without arguments takes those of the file that leads here; alone it gets a line with them', (t) => {
  const text = 'label a\n  linux /v\n';
  const inherited = { ...context(), inherited: ['ro', 'quiet', '---', 'splash'] };
  t.is(edited(text, { context: inherited }), text);
  t.is(
    edited(text, { context: inherited, entry: 'a', edit: { append: ['x'], remove: ['quiet'] } }),
    `${text}  append ro x --- splash\n`,
  );
});

test('programs of Syslinux that start a Linux: it gets the argument, the hypervisor does not', (t) => {
  const xen = 'label x\n kernel mboot.c32\n append /xen.gz dom0=1 --- /vmlinuz a --- /initrd.img\n';
  t.is(edited(xen), xen.replace('/vmlinuz a', '/vmlinuz a x=1'));
  const plain = 'label x\n com32 /boot/linux.c32\n append /k initrd=/i a\n';
  t.is(edited(plain), plain.replace('/i a', '/i a x=1'));
  const none = 'label x\n com32 mboot.c32\n append -c boot.cfg\nlabel y\n com32 hdt.c32\n append a\n';
  t.is(edited(none), none);
});

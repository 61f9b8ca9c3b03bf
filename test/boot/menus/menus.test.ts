/** Menus of boot loaders as others write them: what is read, and that a change changes nothing else. */
import test from 'ava';
import fc from 'fast-check';
import { chooseEntry } from '../../../src/boot/menus/menu-choice.ts';
import { type ArgumentEdit, editArguments, readMenu } from '../../../src/boot/menus/menu-edit.ts';
import { type BootLoader, isSeparator, type Menu } from '../../../src/boot/menus/menus.ts';
import { onlyRefuses } from '../../formats/support.ts';
import { isLongRun, runs } from '../../properties.ts';

const bytes = (text: string) => Buffer.from(text);
const words = (menu: Menu) =>
  menu.entries.map(({ kernels }) => kernels.map((line) => line.arguments.map(({ word }) => word)));
const kernelsOf = (menu: Menu) => menu.entries.map(({ kernels }) => kernels.map(({ kernel }) => kernel));
const edited = (loader: BootLoader, text: string, edit: ArgumentEdit, name?: string) =>
  Buffer.from(
    editArguments(loader, bytes(text), edit, {
      chosen: name === undefined ? undefined : ({ title, id }) => title === name || id === name,
    }).bytes,
  ).toString();
const chosen = (loader: BootLoader, text: string, reference: string, first = true) =>
  Buffer.from(chooseEntry(loader, bytes(text), { reference, timeout: 3, first })).toString();

/** As Debian's installer has it. */
const debianGrub = `\
if [ x$feature_default_font_path = xy ] ; then
   font=unicode
else
   font=$prefix/font.pf2
fi

if loadfont $font ; then
  set gfxmode=800x600
  insmod all_video # not a menuentry "x" {
fi

set menu_color_normal=cyan/blue
menuentry --hotkey=g 'Graphical install' {
    set background_color=black
    linux    /install.amd/vmlinuz vga=788 --- quiet 
    initrd   /install.amd/gtk/initrd.gz
}
submenu --hotkey a 'Advanced options ...' {
    set menu_color_normal=cyan/blue
    menuentry '... Graphical expert install' {
        linux    /install.amd/vmlinuz priority=low vga=788 --- 
    }
    submenu 'Deeper > down' { menuentry "Rescue" --id rescue { linux /v "a b" \\
       c=d;initrd /i; } }
}
`;

/** As casper has it, with a file for loops. */
const casperGrub = `\
set timeout=30
loadfont unicode
menuentry "Try or Install" {
	set gfxpayload=keep
	linux	/casper/vmlinuz  --- quiet splash
	initrd	/casper/initrd
}
grub_platform
if [ "$grub_platform" = "efi" ]; then
menuentry 'Boot from next volume' {
	exit 1
}
else
menuentry 'Test memory' {
	linux16 /boot/memtest86+x64.bin
}
fi
source /boot/grub/more.cfg
configfile ($root)/boot/grub/\${lang}.cfg
`;

const isolinux = `\
# D-I config version 2.0
path 
include menu.cfg
DEFAULT vesamenu.c32
prompt 0
timeout 0
APPEND console=ttyS0
label install
\tmenu label ^Install
\tkernel /install.amd/vmlinuz
\tappend vga=788 initrd=/install.amd/initrd.gz --- quiet 
label plain
  menu default
  linux /vmlinuz
label bare
  kernel /vmlinuz
  append -
label hdt
  kernel hdt.c32
label local
  localboot 0x80
label more
  kernel vesamenu.c32
  append advanced.cfg
`;

test('GRUB: entries, submenus, ids and arguments', (t) => {
  const menu = readMenu('grub', bytes(debianGrub));
  t.deepEqual(
    menu.entries.map(({ title, id, reference }) => [title, id, reference]),
    [
      ['Graphical install', undefined, 'Graphical install'],
      ['... Graphical expert install', undefined, 'Advanced options ...>... Graphical expert install'],
      ['Rescue', 'rescue', 'Advanced options ...>Deeper >> down>rescue'],
    ],
  );
  t.deepEqual(words(menu), [
    [['vga=788', '---', 'quiet']],
    [['priority=low', 'vga=788', '---']],
    [['a b', 'c=d']],
  ]);
});

test('GRUB: conditions, includes and settings', (t) => {
  const menu = readMenu('grub', bytes(casperGrub));
  t.deepEqual(
    menu.entries.map(({ title }) => title),
    ['Try or Install', 'Boot from next volume', 'Test memory'],
  );
  t.deepEqual(kernelsOf(menu), [['/casper/vmlinuz'], [], ['/boot/memtest86+x64.bin']]);
  t.deepEqual(menu.includes, ['/boot/grub/more.cfg', '(${root})/boot/grub/${lang}.cfg']);
  t.is(menu.timeout, 30);
  t.is(menu.default, undefined);
});

test('GRUB: kernels behind variables and in functions', (t) => {
  const text =
    'function go { linux$sfx /a x $more; }\nmenuentry A $menuentry_id_option "a-1" { $linux /b y; go }\n';
  const menu = readMenu('grub', bytes(text));
  t.deepEqual(
    menu.loose.map(({ kernel, arguments: list }) => [kernel, list.map(({ word }) => word)]),
    [['/a', ['x', undefined]]],
  );
  t.deepEqual(words(menu), [[['y']]]);
  t.is(menu.entries[0]?.id, 'a-1');
  t.is(
    edited('grub', text, { append: ['z'] }),
    'function go { linux$sfx /a x $more z; }\nmenuentry A $menuentry_id_option "a-1" { $linux /b y z; go }\n',
  );
});

test('ISOLINUX: entries, what holds for all, other menus', (t) => {
  const menu = readMenu('isolinux', bytes(isolinux));
  t.deepEqual(
    menu.entries.map(({ title, id }) => [title, id]),
    [
      ['Install', 'install'],
      ['plain', 'plain'],
      ['bare', 'bare'],
      ['hdt', 'hdt'],
      ['local', 'local'],
      ['more', 'more'],
    ],
  );
  t.deepEqual(kernelsOf(menu), [['/install.amd/vmlinuz'], ['/vmlinuz'], ['/vmlinuz'], [], [], []]);
  t.deepEqual(words(menu)[0], [['vga=788', 'initrd=/install.amd/initrd.gz', '---', 'quiet']]);
  t.deepEqual(menu.includes, ['menu.cfg', 'advanced.cfg']);
  t.is(menu.default, 'plain');
  t.is(menu.timeout, 0);
});

test('GRUB: arguments are appended, removed and replaced, and nothing else changes', (t) => {
  t.is(
    edited('grub', debianGrub, {
      append: ['a=it is $5'],
      remove: ['quiet'],
      replace: [{ from: 'vga=788', to: 'vga=ask' }],
    }),
    debianGrub
      .replace('vga=788 --- quiet ', "vga=ask 'a=it is $5' --- ")
      .replace('vga=788 --- \n', "vga=ask 'a=it is $5' --- \n")
      .replace('c=d;', "c=d 'a=it is $5';"),
  );
  t.is(
    edited('grub', casperGrub, { append: ['x'] }, 'Test memory'),
    casperGrub.replace('x64.bin', 'x64.bin x'),
  );
});

test('ISOLINUX: arguments are appended, removed and replaced, and nothing else changes', (t) => {
  t.is(
    edited('isolinux', isolinux, { append: ['a=b c'], remove: ['vga=788'] }),
    isolinux
      .replace('APPEND console=ttyS0', 'APPEND console=ttyS0 a="b c"')
      .replace('append vga=788 initrd', 'append initrd')
      .replace('--- quiet ', 'a="b c" --- quiet ')
      .replace('append -', 'append a="b c"'),
  );
  t.is(edited('isolinux', 'label x\r\nlinux /v', { append: ['y'] }), 'label x\r\nlinux /v\nappend y');
  t.is(
    edited('isolinux', 'label x\n linux /v\n append q\n', { remove: ['q'], append: ['y'] }),
    'label x\n linux /v\n append y\n',
  );
});

test('what was found is counted', (t) => {
  const { lines, found } = editArguments('grub', bytes(debianGrub), {
    remove: ['quiet', 'nothing'],
    replace: [{ from: 'vga=788', to: 'vga=1' }],
  });
  t.is(lines, 2);
  t.deepEqual(
    [...found],
    [
      ['quiet', 1],
      ['nothing', 0],
      ['vga=788', 2],
    ],
  );
});

const refuses = test.macro({
  exec: (t, loader: BootLoader, word: string, code: string) => {
    const text = loader === 'grub' ? debianGrub : isolinux;
    t.throws(() => edited(loader, text, { append: [word] }), { code });
  },
  title: (_, loader, word) => `${loader} refuses ${JSON.stringify(word).slice(0, 30)}`,
});
test(refuses, 'grub', 'a="b"', 'argument-not-for-grub');
test(refuses, 'grub', 'a=ü', 'argument-not-for-grub');
test(refuses, 'grub', 'a=b\\c', 'argument-not-for-grub');
test(refuses, 'grub', 'a=b\nc', 'argument-not-for-grub');
test(refuses, 'isolinux', 'a=ü', 'argument-not-for-menu');
test(refuses, 'isolinux', 'a=b\nc', 'argument-not-for-menu');
test(refuses, 'isolinux', 'a=b"c', 'argument-unquotable');
test(refuses, 'grub', `a=${'x'.repeat(2048)}`, 'command-line-too-long');
test(refuses, 'isolinux', `a=${'x'.repeat(2048)}`, 'command-line-too-long');

test('a quote that is never closed is refused, not written into', (t) => {
  t.throws(() => edited('grub', 'menuentry A {\n linux /v "a }\n', { append: ['x'] }), {
    code: 'menu-not-understood',
  });
});

test('GRUB: the entry that starts by itself', (t) => {
  t.is(
    chosen('grub', casperGrub, 'Try or Install'),
    `${casperGrub.replace('=30', '=3')}set default='Try or Install'\n`,
  );
  t.is(
    chosen('grub', 'set default="0"\nset timeout=-1 # never\n', 'a>b'),
    "set default='a>b'\nset timeout=3 # never\n",
  );
  const conditional = 'set default=0\nif x; then set default=1; timeout=9; fi';
  t.is(chosen('grub', conditional, 'i'), `${conditional}\nset default=i\nset timeout=3\n`);
  t.is(
    chosen('grub', 'menuentry A { set timeout=5; linux /v; }', 'A', false),
    'menuentry A { set timeout=5; linux /v; }',
  );
});

test('ISOLINUX: the entry that starts by itself', (t) => {
  const text = chosen('isolinux', isolinux, 'install');
  t.is(readMenu('isolinux', bytes(text)).default, 'install');
  t.is(readMenu('isolinux', bytes(text)).timeout, 3);
  t.is(
    text,
    isolinux
      .replace('timeout 0', 'timeout 30')
      .replace('label install\n', 'label install\n\tmenu default\n')
      .replace('  menu default\n', ''),
  );
  t.is(
    chosen('isolinux', 'label a\nlinux /v\n', 'a'),
    'default a\ntimeout 30\nlabel a\n  menu default\nlinux /v\n',
  );
  t.is(chosen('isolinux', 'default b\nontimeout b\n', 'a', false), 'default a\nontimeout a\n');
});

/** Pieces of menus, sensible and not, in any order. */
const pieces = {
  grub: fc.constantFrom(
    ...['menuentry "A" {\n', '  linux /v a b=c\n', '}\n', 'linux16 /m', ' "x y" ', "'q$r' ", '\\\n', '# c\n'],
    ...[
      'if [ $a = b ]; then\n',
      'fi\n',
      ';',
      '\n',
      'set default=1\n',
      '$linux /k $o z',
      ' --- q ',
      '\r\n',
      '${x}',
      'é\xff',
    ],
  ),
  isolinux: fc.constantFrom(
    ...[
      'label a\n',
      'LABEL b\r\n',
      ' kernel /v\n',
      '\tappend q="x y" r\n',
      'append -\n',
      'linux /v',
      '\n',
      ' ',
    ],
    ...[
      'menu label ^A\n',
      'menu default\n',
      'timeout 50\n',
      'default a\n',
      'append x --- y\n',
      'ontimeout /v q --- r\n',
      'menu begin s\n',
      'menu end\n',
      '# c\n',
      'append\n',
      'é\xff',
      '"',
    ],
  ),
} as const;
const anyWord = fc
  .string({ minLength: 1, maxLength: 20, unit: 'grapheme-ascii' })
  .map((text) => `k=${text.replaceAll(/["'\\]/g, '')}`);

for (const loader of ['grub', 'isolinux'] as const) {
  const text = fc
    .array(pieces[loader], { maxLength: 25 })
    .map((list) => Buffer.from(list.join(''), 'latin1'));

  test(`property, ${loader}: what is appended is read back, and the rest is as it was`, (t) => {
    let done = 0;
    fc.assert(
      fc.property(text, fc.array(anyWord, { minLength: 1, maxLength: 3 }), (menuText, append) => {
        const before = readMenu(loader, menuText);
        let result: ReturnType<typeof editArguments>;
        try {
          result = editArguments(loader, menuText, { append });
        } catch (error) {
          if ((error as { code?: string }).code === 'menu-not-understood') return;
          throw error;
        }
        done += 1;
        const after = readMenu(loader, result.bytes);
        const lines = (menu: Menu) => [...menu.entries.flatMap(({ kernels }) => kernels), ...menu.loose];
        t.is(lines(after).length, lines(before).length);
        for (const line of lines(after)) {
          const all = line.inherited ?? line.arguments.map(({ word }) => word);
          const separator = all.findIndex(isSeparator);
          t.deepEqual(all.slice(0, separator < 0 ? undefined : separator).slice(-append.length), append);
        }
        // Everything of the original is there, in order, but for an `append -` that makes way.
        if (menuText.includes('append -')) return;
        let at = 0;
        for (const byte of menuText) {
          at = result.bytes.indexOf(byte, at) + 1;
          t.true(at > 0);
        }
      }),
      { numRuns: runs(500) },
    );
    t.true(done > runs(500) / 4, `${done}`);
  });

  test(`property, ${loader}: what is appended and removed again leaves the file as it was`, (t) => {
    fc.assert(
      fc.property(text, anyWord, (menuText, word) => {
        if (loader === 'isolinux' && /append -|append\s*$|append\r?\n/m.test(menuText.toString('latin1')))
          return;
        const menu = readMenu(loader, menuText);
        if (
          loader === 'isolinux' &&
          menu.entries.some(({ kernels }) => kernels.some((line) => line.arguments.length === 0))
        )
          return;
        try {
          const there = editArguments(loader, menuText, { append: [`zz.${word}`] }).bytes;
          const back = editArguments(loader, there, { remove: [`zz.${word}`] }).bytes;
          t.is(Buffer.from(back).toString('latin1'), menuText.toString('latin1'));
        } catch (error) {
          t.is((error as { code?: string }).code, 'menu-not-understood');
        }
      }),
      { numRuns: runs(300) },
    );
  });

  test(`property, ${loader}: any bytes are a menu, and are read in no time`, async (t) => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 300 }),
        fc.uint8Array({ maxLength: 20 }),
        async (head, part) => {
          await onlyRefuses(() => readMenu(loader, head));
          await onlyRefuses(() => editArguments(loader, head, { append: ['x'], remove: ['y'] }));
          await onlyRefuses(() => chooseEntry(loader, head, { reference: 'r', timeout: 1, first: true }));
          const many = Buffer.alloc(part.length === 0 ? 0 : 20_000, part);
          await onlyRefuses(() => readMenu(loader, many));
        },
      ),
      { numRuns: runs(100) },
    );
    for (const unit of ['a{', '{', ' ', '"', '\\', '$', 'if ', 'append ', 'label x\n', '\r'])
      await onlyRefuses(() => readMenu(loader, Buffer.alloc(isLongRun ? 2 ** 20 : 2 ** 18, unit)));
    t.pass();
  });
}

test('a unified kernel: its command line up to 64 KiB, which no kernel takes more of', (t) => {
  const line = (length: number) => bytes(`${'a '.repeat(length / 2)}\0more`);
  t.is(readMenu('unified-kernel', line(65_536)).entries[0]?.kernels[0]?.arguments.length, 32_768);
  t.throws(() => readMenu('unified-kernel', line(65_540)), {
    code: 'menu-too-long',
    message: /has 65539 bytes$/,
  });
});

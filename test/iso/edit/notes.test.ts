/** What a change could break elsewhere is said: menus that know the volume by its name, links that became copies. */
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { renderMediumMenu } from '../../../src/boot/menus/menu.ts';
import { openIso } from '../../../src/formats/iso9660/image.ts';
import { prepareEdits } from '../../../src/iso/edit/edits.ts';
import { openImage } from '../../../src/iso/image.ts';
import { fileSource, temporaryFolder, tool } from '../../formats/support.ts';
import { kernel, makeOurs, writeTree } from '../media.ts';
import { asked, byXorriso, change, host } from './edit-support.ts';

type Contents = Parameters<typeof writeTree>[1];

function made(t: ExecutionContext, volume: string, contents: Contents, ...options: string[]): string {
  const folder = temporaryFolder(t);
  const iso = join(folder, 'a.iso');
  const tree = writeTree(join(folder, 'tree'), contents);
  tool('genisoimage', '-quiet', '-V', volume, ...options, '-o', iso, tree);
  return iso;
}

const entry = (words: string) => `menuentry a {\n  linux /v ${words}\n}\n`;
const naming = test.macro(async (t, volume: string, contents: Contents, expected: readonly string[]) => {
  const { notes } = await change(made(t, volume, contents, '-R'), { volumeId: 'NEW' });
  t.deepEqual(
    notes.map((note) => /The menu \/(\S+) names the volume/.exec(note)?.[1]),
    [...expected],
  );
});

test(
  'blanks as \\x20, in a menu that another one leads to',
  naming,
  'My Volume 1',
  {
    'boot/grub/grub.cfg': 'source /boot/grub/more.cfg\n',
    'boot/grub/more.cfg': entry('root=live:CDLABEL=My\\x20Volume\\x201'),
  },
  ['boot/grub/more.cfg'],
);
test(
  'ISOLINUX, and GRUB with quotes',
  naming,
  'LIVE-1',
  {
    'isolinux/isolinux.cfg': 'label a\n linux /v\n append root=live:LABEL=LIVE-1,x\n',
    'boot/grub/grub.cfg': `search --label 'LIVE-1'\n${entry('')}`,
  },
  ['boot/grub/grub.cfg', 'isolinux/isolinux.cfg'],
);
test(
  'an entry of systemd-boot',
  naming,
  'ARCH_1',
  { 'loader/entries/a.conf': 'linux /v\noptions l=ARCH_1\n' },
  ['loader/entries/a.conf'],
);
test(
  'menus of three boot loaders, listed in one order',
  naming,
  'MANY',
  {
    'loader/entries/a.conf': 'linux /v\noptions l=MANY\n',
    'isolinux/isolinux.cfg': 'label a\n linux /v\n append root=LABEL=MANY\n',
    'boot/grub/grub.cfg': entry('root=LABEL=MANY'),
  },
  ['boot/grub/grub.cfg', 'isolinux/isolinux.cfg', 'loader/entries/a.conf'],
);
test(
  'part of another word is no name',
  naming,
  'LIVE',
  { 'boot/grub/grub.cfg': entry('x=LIVE2 LIVELY') },
  [],
);

/** A folder with a file, a link to it, one upwards, and one out of the folder. */
function withLinks(t: ExecutionContext): string {
  const outside = join(temporaryFolder(t), 'outside');
  writeFileSync(outside, 'out');
  const folder = writeTree(temporaryFolder(t), { file: 'content', 'below/other': 'other' });
  symlinkSync('file', join(folder, 'link'));
  symlinkSync('../file', join(folder, 'below/up'));
  symlinkSync(outside, join(folder, 'far'));
  return folder;
}

test('--add of a folder keeps links into it, and says what became a copy', async (t) => {
  const iso = made(t, 'V', { a: 'a' }, '-R');
  const { notes } = await change(iso, { add: [{ source: withLinks(t), path: 'new' }] });
  t.regex(notes.join(), /^\/new\/far is a copy of \/\S+\/outside, to which \S+\/far is a link\.$/);
  const tree = await openIso(await fileSource(t, iso));
  const targets = [...(await tree.list('new')), ...(await tree.list('new/below'))].map(({ path, target }) => [
    path,
    target,
  ]);
  t.deepEqual(targets.filter(([, target]) => target !== undefined).toSorted(), [
    ['new/below/up', '../file'],
    ['new/link', 'file'],
  ]);
  t.is(Buffer.from(await tree.readFile('new/below/up')).toString(), 'content');
  t.is(Buffer.from(await tree.readFile('new/far')).toString(), 'out');
  t.is(byXorriso(t, iso, 'new/file').toString(), 'content');
});

test('without Rock Ridge links become copies, which is said', async (t) => {
  const iso = made(t, 'V', { a: 'a' });
  const { notes } = await change(iso, { add: [{ source: withLinks(t), path: 'new' }] });
  t.is(notes.filter((note) => note.includes('is a copy of')).length, 3);
});

test('a link to a folder that it lies in is refused', async (t) => {
  const folder = withLinks(t);
  symlinkSync('..', join(folder, 'below/loop'));
  const iso = made(t, 'V', { a: 'a' }, '-R');
  await t.throwsAsync(change(iso, { add: [{ source: folder, path: 'new' }] }), { code: 'add-loop' });
});

test('changes and notes are listed in one order, that of what may go over what', async (t) => {
  const folder = temporaryFolder(t);
  const file = (name: string, content: string | Buffer) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const iso = makeOurs(folder);
  const menu = `search --label BOS\n${renderMediumMenu({ version: '0.1.0', kernel, arguments: ['quiet'] })}`;
  const { files, notes } = await prepareEdits(
    host,
    await openImage(await fileSource(t, iso), iso),
    asked({
      ...{ remove: ['.disk/info'], add: [{ source: file('added', 'a'), path: 'added' }], volumeId: 'NEW' },
      put: [{ path: 'put', content: { kind: 'bytes', bytes: Buffer.from('put') } }],
      config: file('config.yaml', 'bos:\n  password: plain\n'),
      ...{ grubCfg: file('grub.cfg', menu), dcp: file('dcp', Buffer.from('\x7fELF')) },
      menu: { install: [{ name: 'device', value: '/dev/vda' }], append: ['a=b'] },
    }),
  );
  t.deepEqual(
    files.map(({ path }) => path.replace(/sha256-\w+/, 'VERSION')),
    [
      ...['.disk/info', 'added', 'put', 'bos/system/config.yaml', 'boot/grub/grub.cfg'],
      ...['bos/system/dcp/VERSION/dcp', 'bos/system/dcp/current', 'bos/system/manifest.json'],
    ],
  );
  t.deepEqual(
    notes.map((note) => note.split(' ', 3).join(' ')),
    ['The configuration has', '3 kernel lines', 'The menu /boot/grub/grub.cfg'],
  );
});

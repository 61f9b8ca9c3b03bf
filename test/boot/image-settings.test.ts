/** The settings of a disk image: what fills their room, where they lie, and swapping them. */
import test from 'ava';
import fc from 'fast-check';
import {
  filledSetting,
  locateSettings,
  settingContent,
  settingNames,
  settingRoom,
  swapped,
} from '../../src/boot/image-settings.ts';
import { fromBytes, joinedRanges } from '../../src/formats/bytes.ts';
import { runs } from '../properties.ts';
import { settingsVolume } from './settings-volume.ts';

test('what is put into a room comes out of it, whatever it ends with', (t) => {
  fc.assert(
    fc.property(
      fc.constantFrom(...settingNames),
      fc.string({ unit: fc.constantFrom('a', '#', '\n', 'ü', ' ') }),
      fc.nat(50),
      (name, text, more) => {
        const content = Buffer.from(text);
        const room = content.length + 2 + more;
        const filled = filledSetting(name, content, room);
        return filled.length === room && Buffer.compare(settingContent(name, filled), content) === 0;
      },
    ),
    { numRuns: runs(200) },
  );
  for (const name of settingNames)
    t.is(settingContent(name, filledSetting(name, new Uint8Array(), 64)).length, 0);
});

test('GRUB reads what fills a menu up as one comment', (t) => {
  const text = Buffer.from(filledSetting('menu', Buffer.from('set a=1'), 20)).toString();
  t.is(text, `set a=1\n${'#'.repeat(11)}\n`);
});

test('more than there is room for is refused; a large configuration gets twice its room', (t) => {
  t.throws(() => filledSetting('menu', Buffer.alloc(15), 16), { code: 'settings-too-large' });
  t.throws(() => filledSetting('config', Buffer.alloc(17), 16), { code: 'settings-too-large' });
  t.notThrows(() => filledSetting('config', Buffer.alloc(16, 'a'), 16));
  t.is(settingRoom('menu', 10), 16 * 1024);
  t.is(settingRoom('config', 10), 256 * 1024);
  t.is(settingRoom('config', 200_001), 401_408);
});

test('they are found, and swapped in one sector; twice is not at all', async (t) => {
  const bytes = settingsVolume({ menu: 'one\n', config: 'hostname: one\n' });
  const read = async () => {
    const settings = await locateSettings(fromBytes(bytes));
    if (settings === undefined) throw new Error('no settings');
    const content = async (name: 'menu' | 'config', which: 'current' | 'other') => {
      const { extents, size } = settings.files[name][which];
      const filled = await joinedRanges(fromBytes(bytes), extents).read(0, size);
      return Buffer.from(settingContent(name, filled)).toString();
    };
    return {
      settings,
      current: [await content('menu', 'current'), await content('config', 'current')],
      other: [await content('menu', 'other'), await content('config', 'other')],
    };
  };
  const first = await read();
  t.deepEqual(first.current, ['one\n', 'hostname: one\n']);
  t.deepEqual(first.other, ['', '']);
  t.is(first.settings.sector.length, 512);
  t.is(first.settings.sector.offset % 512, 0);
  const swap = (...names: ('menu' | 'config')[]) => {
    const { offset, length } = first.settings.sector;
    bytes.set(
      swapped(bytes.subarray(offset, offset + length), first.settings, names.length > 0 ? names : undefined),
      offset,
    );
  };
  swap();
  const second = await read();
  t.deepEqual(second.current, ['', '']);
  t.deepEqual(second.other, ['one\n', 'hostname: one\n']);
  swap();
  t.deepEqual(await read(), first);
  swap('config');
  t.deepEqual((await read()).current, ['one\n', '']);
});

test('a volume without them has none; one with some of them, or with others, is damaged', async (t) => {
  t.is(await locateSettings(fromBytes(settingsVolume({}))), undefined);
  const all = { menu: 'a', config: 'b' };
  await t.throwsAsync(locateSettings(fromBytes(settingsVolume(all, { without: 'MENU.OLD' }))), {
    code: 'settings-damaged',
    message: /MENU\.OLD is not where it was made/,
  });
  await t.throwsAsync(locateSettings(fromBytes(settingsVolume(all, { short: 'CONFIG.OLD' }))), {
    code: 'settings-damaged',
    message: /differ in size/,
  });
  await t.throwsAsync(locateSettings(fromBytes(settingsVolume(all, { before: 12 }))), {
    code: 'settings-damaged',
  });
});

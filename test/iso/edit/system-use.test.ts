/**
 * What is read and what is edited are the same files under the same names, whatever stands in the system use areas of
 * an image: SUSP 1.12, 5.3 says that a tree without SP uses none of it, and how many bytes to leave out with it.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type ByteSource, fromBytes } from '../../../src/formats/bytes.ts';
import { openIso } from '../../../src/formats/iso9660/image.ts';
import type { Tree } from '../../../src/formats/iso9660/tree.ts';
import { choose } from '../../../src/iso/edit/choose.ts';
import { overlaid } from '../../../src/iso/edit/overlay.ts';
import type { Edits, FileChange } from '../../../src/iso/edit/patch-plan.ts';
import { openImage } from '../../../src/iso/image.ts';
import { finalPieces } from '../../../src/iso/pieces.ts';
import { type HandMade, handMade, menuText } from '../../formats/iso9660/hand-made.ts';
import { temporaryFolder, tool } from '../../formats/support.ts';
import { pathsByIsoinfo, pathsByXorriso } from './edit-support.ts';

const rockRidge = ['Boot', 'Boot/grub.cfg', 'Read Me.text'];
const plain = ['boot', 'boot/grub.cfg', 'readme.txt'];

interface Case extends HandMade {
  readonly names: readonly string[];
  /** The name of a new file. */
  readonly added: string;
}

const seen = { names: rockRidge, added: 'Boot/New Menu.cfg' };
const unseen = { names: plain, added: 'boot/new_menu.cfg' };
const cases: Readonly<Record<string, Case>> = {
  'SP at the beginning': { ...seen, fields: true, sharing: { before: 0, skip: 0 } },
  'SP at the beginning, other bytes in every other record': {
    ...seen,
    fields: true,
    sharing: { before: 0, skip: 14 },
  },
  'SP behind the bytes of CD-ROM XA': { ...seen, fields: true, sharing: { before: 14, skip: 14 } },
  'fields of Rock Ridge and no SP': { ...unseen, fields: true },
  'no Rock Ridge at all': { ...unseen, fields: false },
  'Rock Ridge and Joliet': { ...seen, fields: true, sharing: { before: 0, skip: 0 }, joliet: true },
  'no SP, and Joliet': { ...unseen, fields: true, joliet: true },
};

async function edited(bytes: Uint8Array, files: readonly FileChange[]): Promise<ByteSource> {
  const image = await openImage(fromBytes(bytes), 'it');
  const edits: Edits = { files };
  const { patch } = await choose(image, edits);
  return overlaid(image.source, finalPieces(patch), patch.newSize, () => Promise.reject(new Error('a file')));
}

async function namesOf(tree: Tree | undefined): Promise<string[]> {
  const names: string[] = [];
  for await (const { path } of tree?.walk() ?? []) names.push(path);
  return names.toSorted();
}

/** As other readers see them: isoinfo guesses where there is no SP, and xorriso fails where SP has bytes left out. */
function theirNames(t: ExecutionContext, bytes: Uint8Array, { sharing }: HandMade): string[] {
  const file = join(temporaryFolder(t), 'image.iso');
  writeFileSync(file, bytes);
  const names = (sharing?.skip ?? 0) > 0 ? pathsByIsoinfo(file) : pathsByXorriso(file);
  const listed = names.filter((path) => path !== '');
  const asWritten = (path: string) => path.replace(/;1$/, '').toLowerCase();
  return sharing === undefined ? listed.map(asWritten).toSorted() : listed;
}

const content = (text: string) => ({ kind: 'bytes', bytes: Buffer.from(text) }) as const;

for (const [title, { names, added, ...options }] of Object.entries(cases)) {
  const image = handMade(options);
  const [folder = '', menu = '', readme = ''] = names;

  test(`${title}: the names are those of the specification, and of other readers`, async (t) => {
    const iso = await openIso(fromBytes(image));
    t.deepEqual(await namesOf(iso), names);
    t.is(iso.rockRidge, names === rockRidge);
    t.is(Buffer.from(await iso.readFile(menu)).toString(), menuText);
    if (options.joliet) t.deepEqual(await namesOf(await iso.tree('joliet')), rockRidge);
    // xorriso takes Joliet's names where there is no Rock Ridge.
    if (!options.joliet) t.deepEqual(theirNames(t, image, options), names);
  });

  // Joliet shows names of its own, under which nothing is found where those of the other tree differ.
  if (options.joliet && names === plain) continue;

  test(`${title}: a file is changed under the name that it is read by`, async (t) => {
    const iso = await openIso(await edited(image, [{ path: readme, content: content('other') }]));
    t.deepEqual(await namesOf(iso), names);
    t.is(Buffer.from(await iso.readFile(readme)).toString(), 'other');
    if (options.joliet) t.deepEqual(await namesOf(await iso.tree('joliet')), rockRidge);
  });

  test(`${title}: a file and a folder are added`, async (t) => {
    const deep = names === rockRidge ? 'Deep' : 'deep';
    const after = await edited(image, [
      { path: added, content: content('new') },
      { path: `${folder}/${deep}/file`, content: content('deep') },
    ]);
    const iso = await openIso(after);
    const wanted = [...names, added, `${folder}/${deep}`, `${folder}/${deep}/file`].toSorted();
    t.deepEqual(await namesOf(iso), wanted);
    t.is(Buffer.from(await iso.readFile(added)).toString(), 'new');
    if (options.joliet) t.deepEqual(await namesOf(await iso.tree('joliet')), wanted);
    const { mode } = (await iso.stat(`${folder}/${deep}`)) ?? {};
    t.is(mode, names === rockRidge ? 0o040555 : undefined);
    t.deepEqual(theirNames(t, await after.read(0, after.size), options), wanted);
  });

  if (options.sharing?.skip === 0)
    test(`${title}: a new folder and both of its own records say that anybody may read it`, async (t) => {
      const after = await edited(image, [{ path: `${folder}/Deep/file`, content: content('deep') }]);
      const file = join(temporaryFolder(t), 'image.iso');
      writeFileSync(file, await after.read(0, after.size));
      const listed = tool('isoinfo', '-R', '-l', '-i', file).split('Directory listing of ').at(-1) ?? '';
      t.regex(listed, /^\/Boot\/Deep/);
      t.deepEqual(
        listed.split('\n').flatMap((line) => /^([dl-]\S+) .* (\S+)\s*$/.exec(line)?.slice(1).join(' ') ?? []),
        ['dr-xr-xr-x .', 'dr-xr-xr-x ..', '-r--r--r-- file'],
      );
    });

  if (names === plain)
    test(`${title}: a name that needs Rock Ridge is refused`, async (t) => {
      const add = (path: string) => edited(image, [{ path, content: content('new') }]);
      await t.throwsAsync(add(`${folder}/New Menu.cfg`), { code: 'iso-name' });
      await t.throwsAsync(add(`${folder}/Deep/file`), { code: 'iso-name' });
    });

  test(`${title}: a file is taken away`, async (t) => {
    const iso = await openIso(await edited(image, [{ path: menu }]));
    t.deepEqual(await namesOf(iso), [folder, readme]);
  });
}

import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { openIso } from '../../src/formats/iso9660/image.ts';
import { undoRemaster } from '../../src/iso/remaster.ts';
import { type Maker, makers } from '../formats/iso9660/images.ts';
import { fileSource, temporaryFolder, tool } from '../formats/support.ts';
import { makeIso, manifest } from '../media/small-iso.ts';
import {
  byXorriso,
  change,
  copyOf,
  digestOf,
  host,
  imageBy,
  jolietPaths,
  pathsByXorriso,
} from './edit/edit-support.ts';

const names = Object.keys(makers) as Maker[];
const karg = { menu: { append: ['bos.test=1', 'name="two words"'] } };
const inGrub = "linux /vmlinuz quiet bos.test=1 'name=two words'";
const inIsolinux = 'append initrd=/initrd quiet bos.test=1 name="two words"';

const editsKernels = test.macro(
  async (t, maker: Maker, method: 'same-room' | 'padding' | 'append' | 'rebuild') => {
    const original = imageBy(t, maker);
    const iso = copyOf(t, original);
    const result = await change(iso, { ...karg, method });
    t.is(result.method, method);
    t.true(byXorriso(t, iso, 'boot/grub/grub.cfg').includes(inGrub));
    t.true(byXorriso(t, iso, 'isolinux/isolinux.cfg').includes(inIsolinux));
    t.deepEqual(
      pathsByXorriso(iso).filter((path) => path !== 'boot.catalog'),
      pathsByXorriso(original).filter((path) => path !== 'boot.catalog'),
    );
    t.is(bootImages(iso), bootImages(original));
    if (readFileSync(iso).subarray(512, 520).equals(Buffer.from('EFI PART')))
      t.regex(tool('sgdisk', '-v', iso), /No problems found/);
    if (method === 'rebuild') return;
    await undoRemaster(host, iso);
    t.is(digestOf(iso), digestOf(original));
    t.false(existsSync(`${iso}.opsctl-undo`));
  },
);

/** Platforms of the boot images, as xorriso sees them. */
function bootImages(iso: string): string {
  const report = tool('xorriso', '-indev', iso, '-report_el_torito', 'plain');
  return [...report.matchAll(/^El Torito boot img : +\d+ +(\S+) +(\S)/gm)]
    .map(([, ...found]) => found.join())
    .join(' ');
}

for (const maker of names)
  for (const method of ['same-room', 'padding', 'append', 'rebuild'] as const)
    test(`kernel arguments, ${method}: ${maker}`, editsKernels, maker, method);

test('the same edit gives the same bytes: in place, to a new file, to a pipe, and again', async (t) => {
  const original = imageBy(t, 'grub-mkrescue');
  const added = join(temporaryFolder(t), 'file');
  writeFileSync(added, 'added');
  for (const request of [
    karg,
    { add: [{ source: added, path: 'new/folder/file' }] },
    { ...karg, method: 'append' as const },
  ]) {
    const [iso, again] = [copyOf(t, original), copyOf(t, original)];
    await change(iso, request);
    await change(again, request);
    const output = join(temporaryFolder(t), 'new.iso');
    await change(original, request, { output });
    const parts: Buffer[] = [];
    await change(original, request, {
      output: { sink: async (bytes) => void parts.push(Buffer.from(bytes)) },
    });
    t.is(digestOf(iso), digestOf(again));
    t.is(digestOf(iso), digestOf(output));
    t.true(Buffer.concat(parts).equals(readFileSync(iso)));
  }
});

test('rebuilding twice gives the same bytes', async (t) => {
  const original = imageBy(t, 'grub-mkrescue');
  const outputs = ['a.iso', 'b.iso'].map((name) => join(temporaryFolder(t), name));
  for (const output of outputs) await change(original, { ...karg, method: 'rebuild' }, { output });
  t.is(digestOf(outputs[0] ?? ''), digestOf(outputs[1] ?? 'none'));
});

test('several edits one after the other are undone together', async (t) => {
  const original = imageBy(t, 'xorriso, hybrid with Joliet');
  const iso = copyOf(t, original);
  const added = join(temporaryFolder(t), 'file');
  writeFileSync(added, Buffer.alloc(700_000, 'x'));
  await change(iso, karg);
  await change(iso, { add: [{ source: added, path: 'a/b/c' }] });
  await change(iso, { remove: ['many'], volumeId: 'OTHER' });
  await change(iso, { menu: { delete: ['quiet'] } });
  t.false(pathsByXorriso(iso).includes('many'));
  await undoRemaster(host, iso);
  t.is(digestOf(iso), digestOf(original));
});

for (const maker of names)
  test(`files and folders come, go and are replaced: ${maker}`, async (t) => {
    const iso = imageBy(t, maker, 300);
    const tree = join(temporaryFolder(t), 'extra');
    mkdirSync(join(tree, 'inner'), { recursive: true });
    for (let index = 0; index < 120; index += 1)
      writeFileSync(join(tree, `new-file-${index}.txt`), `${index}`);
    writeFileSync(join(tree, 'inner', 'big'), Buffer.alloc(3_000_001, 'big '));
    writeFileSync(join(tree, 'empty'), '');
    chmodSync(join(tree, 'empty'), 0o755);
    await change(iso, {
      add: [
        { source: tree, path: 'many/more' },
        { source: join(tree, 'new-file-7.txt'), path: 'vmlinuz' },
      ],
      remove: ['vmlinuz', 'd1/d2/d3'],
      volumeId: 'CHANGED',
    });
    const paths = pathsByXorriso(iso);
    t.is(paths.filter((path) => /^many\/more\/new-file-\d+\.txt$/.test(path)).length, 120);
    t.is(paths.filter((path) => path.startsWith('many/file-number-')).length, 300);
    t.false(paths.some((path) => path.startsWith('d1/d2/d3')));
    t.deepEqual(byXorriso(t, iso, 'many/more/inner/big'), readFileSync(join(tree, 'inner', 'big')));
    t.is(byXorriso(t, iso, 'vmlinuz').toString(), '7');
    t.is(byXorriso(t, iso, 'many/more/empty').length, 0);
    const read = await openIso(await fileSource(t, iso));
    t.is(read.volumeId, 'CHANGED');
    t.is((await read.stat('many/more/empty'))?.mode, 0o100555);
    if ((await read.tree('joliet')) !== undefined)
      t.true(jolietPaths(iso).includes('many/more/new-file-99.txt'));
  });

test('a folder of 5,000 files takes one more', async (t) => {
  const iso = imageBy(t, 'xorriso, hybrid with Joliet', 5000);
  const file = join(temporaryFolder(t), 'one-more');
  writeFileSync(file, 'more');
  await change(iso, { add: [{ source: file, path: 'many/one-more' }] });
  const paths = pathsByXorriso(iso);
  t.is(paths.filter((path) => path.startsWith('many/')).length, 5001);
  t.is(byXorriso(t, iso, 'many/one-more').toString(), 'more');
});

test('an image of ours: configuration, DCP, installation, and the manifest stays right', async (t) => {
  const menu = `set default=live
set timeout=5
menuentry Live --id live {
  linux /vmlinuz bos.mode=live
}
menuentry Install --id install {
  linux /vmlinuz bos.mode=install
}
`;
  const iso = makeIso(t, { 'boot/grub/grub.cfg': menu });
  const folder = temporaryFolder(t);
  const [config, dcp] = [join(folder, 'config.yaml'), join(folder, 'dcp')];
  writeFileSync(config, 'hostname: box\n');
  writeFileSync(dcp, '#!/bin/sh\n', { mode: 0o755 });
  await change(iso, {
    config,
    dcp,
    menu: {
      install: [
        { name: 'device', value: '/dev/vda' },
        { name: 'config_url', value: 'https://a.example/b?c=$d' },
      ],
    },
  });
  t.is(byXorriso(t, iso, 'bos/system/config.yaml').toString(), 'hostname: box\n');
  const text = byXorriso(t, iso, 'boot/grub/grub.cfg').toString();
  t.regex(text, /set default=install\n/);
  t.regex(
    text,
    /linux \/vmlinuz bos\.mode=install bos\.install\.silent bos\.install\.device=\/dev\/vda 'bos\.install\.config_url=https:\/\/a\.example\/b\?c=\$d'\n/,
  );
  t.regex(text, /linux \/vmlinuz bos\.mode=live\n/);
  const now = JSON.parse(byXorriso(t, iso, 'bos/system/manifest.json').toString());
  t.regex(now.dcp, /^sha256-/);
  const listed = now.files.find(({ path }: { path: string }) => path === `bos/system/dcp/${now.dcp}/dcp`);
  t.is(listed.sha256, digestOf(dcp));
  t.is(now.files.length, manifest.files.length + 1);
  const read = await openIso(await fileSource(t, iso));
  t.is((await read.stat('bos/system/dcp/current/dcp'))?.path, `bos/system/dcp/${now.dcp}/dcp`);
  t.true(pathsByXorriso(iso).includes('bos/system/dcp/current'));
});

test('an unattended installation takes the configuration of the image along', async (t) => {
  const menu = 'menuentry Install --id install {\n  linux /vmlinuz bos.mode=install\n}\n';
  const iso = makeIso(t, { 'boot/grub/grub.cfg': menu });
  const config = join(temporaryFolder(t), 'config.yaml');
  writeFileSync(config, 'hostname: box\n');
  await change(iso, { config, menu: { install: [{ name: 'device', value: '/dev/vda' }] } });
  t.regex(
    byXorriso(t, iso, 'boot/grub/grub.cfg').toString(),
    / bos\.install\.device=\/dev\/vda bos\.install\.config_url=\/bos\/system\/config\.yaml\n/,
  );
});

test('the md5sum.txt of other media stays in step', async (t) => {
  const folder = temporaryFolder(t);
  const tree = join(folder, 'tree');
  mkdirSync(join(tree, 'boot/grub'), { recursive: true });
  writeFileSync(join(tree, 'boot/grub/grub.cfg'), 'menuentry a {\n  linux /k quiet\n}\n');
  writeFileSync(join(tree, 'gone'), 'gone');
  writeFileSync(join(tree, 'stays'), 'stays');
  const list = tool('find', tree, '-type', 'f')
    .trim()
    .split('\n')
    .map((file) => tool('md5sum', file).replace(tree, '.'));
  writeFileSync(join(tree, 'md5sum.txt'), list.join(''));
  const iso = join(folder, 'casper.iso');
  tool('xorriso', '-as', 'mkisofs', '-quiet', '-r', '-o', iso, tree);
  const result = await change(iso, { ...karg, remove: ['gone'] });
  t.true(result.notes.some((note) => note.includes('/md5sum.txt')));
  const out = join(folder, 'out');
  tool('xorriso', '-osirrox', 'on', '-indev', iso, '-extract', '/', out);
  t.is(
    tool('sh', '-c', `cd ${out} && md5sum -c md5sum.txt`),
    tool('sh', '-c', `cd ${out} && awk '{print $2": OK"}' md5sum.txt`),
  );
  t.false(readFileSync(join(out, 'md5sum.txt'), 'utf8').includes('gone'));
});

test('the documented recipe, done right, boots on both firmwares', async (t) => {
  const iso = imageBy(t, 'genisoimage');
  const output = join(temporaryFolder(t), 'new.iso');
  const result = await change(iso, { ...karg, method: 'grub-mkrescue' }, { output });
  t.is(result.method, 'grub-mkrescue');
  t.is(bootImages(output), 'BIOS,y UEFI,y');
  t.true(byXorriso(t, output, 'boot/grub/grub.cfg').includes(inGrub));
  t.false(tool('xorriso', '-indev', output, '-report_system_area', 'plain').includes('HFS'));
});

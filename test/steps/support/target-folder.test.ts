/**
 * Writing onto a file system that somebody else has filled: links there lead nowhere, and files that have
 * another name stay as they are. Real folders; what the links lead to is a file outside, which must stay as it is, as another
 * disk would.
 */
import {
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { sha256Of } from '../../../src/host/digest.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import { handlers, type Step } from '../../../src/steps/index.ts';
import { refuseLinks } from '../../../src/steps/support/refuse-links.ts';
import { temporaryFolder } from '../../formats/support.ts';
import { guestEnvironment } from '../common-steps.ts';
import { contextOf } from '../context.ts';

const host = linuxHost();
const content = { from: 'text', text: 'ours\n' } as const;
const at = 'mount:state';

/** Each kind that writes below a root, and a path that it writes. */
const writers: Readonly<Record<string, { readonly path: string; readonly step: (folder: string) => Step }>> =
  {
    'write-file': {
      path: 'bos/system/config.yaml',
      step: () => ({ id: 'a', kind: 'write-file', at, path: 'bos/system/config.yaml', mode: 0o600, content }),
    },
    'write-journal': {
      path: 'bos/system/install.log',
      step: () => ({ id: 'a', kind: 'write-journal', at }),
    },
    'copy-files': {
      path: 'bos/system/os/1/rootfs.squashfs',
      step: (folder) => {
        const path = 'bos/system/os/1/rootfs.squashfs';
        mkdirSync(join(folder, 'medium', dirname(path)), { recursive: true });
        writeFileSync(join(folder, 'medium', path), content.text);
        const files = [{ path, size: content.text.length, sha256: sha256Of(content.text) }];
        return { id: 'a', kind: 'copy-files', from: join(folder, 'medium'), to: at, files };
      },
    },
    'copy-from-image': {
      path: 'bos/system/os/1/rootfs.squashfs',
      step: (folder) => {
        const { length: size } = content.text;
        const placed = { size, sha256: sha256Of(content.text), extents: [{ offset: 0, length: size }] };
        const image = join(folder, 'bos.iso');
        writeFileSync(image, content.text);
        return {
          ...{ id: 'a', kind: 'copy-from-image', to: at, sha256: null },
          image: { from: 'file', path: image, size },
          files: [{ ...placed, path: 'bos/system/os/1/rootfs.squashfs' }],
          manifest: placed,
        };
      },
    },
    'keep-boot-sector': {
      path: 'bos/system/grub/sector',
      step: (folder) => {
        const sector = Buffer.alloc(512);
        sector.writeUInt16LE(0xaa55, 510);
        writeFileSync(join(folder, 'disk'), sector);
        const disk = join(folder, 'disk');
        return { id: 'a', kind: 'keep-boot-sector', disk, at, path: 'bos/system/grub/sector' };
      },
    },
    'write-volume-tools': {
      path: 'bos/system/grub/lvm.img',
      step: () => ({ id: 'a', kind: 'write-volume-tools', at, path: 'bos/system/grub/lvm.img', files: [] }),
    },
    'add-menu-entry': {
      path: 'boot/grub/custom.cfg',
      step: () => ({ id: 'a', kind: 'add-menu-entry', at, path: 'boot/grub/custom.cfg', text: 'an entry\n' }),
    },
    'claim-state': {
      path: guestEnvironment.path,
      step: () => ({ id: 'a', kind: 'claim-state', at, environment: guestEnvironment }),
    },
  };

/** What leads out of the target: where the link stands, and whether what it leads to is there. */
const traps = {
  'a link to a file outside': { last: true, there: true },
  'a dangling link': { last: true, there: false },
  'a link as a folder on the way': { last: false, there: true },
  'a dangling link as a folder on the way': { last: false, there: false },
} as const;

const run = async (step: Step, folder: string) => {
  const names = { [at]: join(folder, 'target'), 'file:journal': join(folder, 'journal') };
  const context = contextOf(host, names);
  const handler = handlers[step.kind] as { run(step: Step, context: unknown): Promise<void> };
  return handler.run(step, context);
};

function prepared(t: ExecutionContext, path: string, trap?: keyof typeof traps): string {
  const folder = temporaryFolder(t);
  const outside = join(folder, 'outside');
  for (const name of ['target', 'outside']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'journal'), '{}\n');
  if (trap === undefined) return folder;
  const { last, there } = traps[trap];
  const link = join(folder, 'target', last ? path : dirname(path));
  mkdirSync(dirname(link), { recursive: true });
  // A file as large as an environment block, which would be changed in place.
  if (there && last) writeFileSync(join(outside, 'theirs'), Buffer.alloc(1024, 't'));
  else if (there) mkdirSync(join(outside, 'theirs'));
  symlinkSync(join(outside, 'theirs'), link);
  return folder;
}

for (const [kind, { path, step }] of Object.entries(writers)) {
  test(`${kind} writes where nothing is in the way`, async (t) => {
    const folder = prepared(t, path);
    await run(step(folder), folder);
    t.true(lstatSync(join(folder, 'target', path)).isFile());
  });
  for (const trap of Object.keys(traps) as (keyof typeof traps)[]) {
    test(`${kind} follows no link: ${trap}`, async (t) => {
      const folder = prepared(t, path, trap);
      const { last, there } = traps[trap];
      const error = await t.throwsAsync(run(step(folder), folder), { code: 'link-in-the-way' });
      t.true(error.message.startsWith(`/${last ? path : dirname(path)} `), error.message);
      const outside = join(folder, 'outside');
      t.deepEqual(readdirSync(outside), there ? ['theirs'] : []);
      if (there && last) t.true(readFileSync(join(outside, 'theirs')).equals(Buffer.alloc(1024, 't')));
      else if (there) t.deepEqual(readdirSync(join(outside, 'theirs')), []);
    });
  }
}

for (const [kind, { path, step }] of Object.entries(writers))
  for (const size of [1024, 5])
    test(`${kind} leaves a file of ${size} bytes alone that has another name too`, async (t) => {
      const folder = prepared(t, path);
      const [theirs, ours] = [join(folder, 'outside/theirs'), join(folder, 'target', path)];
      writeFileSync(theirs, Buffer.alloc(size, 't'), { mode: 0o640 });
      mkdirSync(dirname(ours), { recursive: true });
      linkSync(theirs, ours);
      await run(step(folder), folder);
      t.deepEqual(readFileSync(theirs), Buffer.alloc(size, 't'));
      t.is(lstatSync(theirs).mode & 0o777, 0o640);
    });

const isRoot = process.getuid?.() === 0;
for (const kind of ['write-file', 'copy-files', 'claim-state'])
  (isRoot ? test : test.skip)(`${kind}: a file of somebody else becomes root's`, async (t) => {
    const { path, step } = writers[kind] ?? t.fail();
    const folder = prepared(t, path);
    const ours = join(folder, 'target', path);
    mkdirSync(dirname(ours), { recursive: true });
    writeFileSync(ours, Buffer.alloc(1024, 't'));
    chownSync(ours, 1234, 1234);
    await run(step(folder), folder);
    t.is(lstatSync(ours).uid, 0);
  });

for (const folder of ['bos', 'bos/data', 'bos/data/home'])
  test(`make-folders: a link in the place of ${folder}`, async (t) => {
    const place = prepared(t, 'x');
    const link = join(place, 'target', folder);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(place, 'outside'), link);
    const mode = lstatSync(join(place, 'outside')).mode;
    const folders = [{ path: 'bos/data/home', mode: 0o777 }];
    await t.throwsAsync(run({ id: 'a', kind: 'make-folders', at, folders }, place), {
      code: 'link-in-the-way',
      message: `/${folder} on the target is a link, not a folder`,
    });
    t.deepEqual(readdirSync(join(place, 'outside')), []);
    t.is(lstatSync(join(place, 'outside')).mode, mode);
  });

test('make-links makes none outside', async (t) => {
  const place = prepared(t, 'bos/system/os/current', 'a link as a folder on the way');
  const links = [{ path: 'bos/system/os/current', target: '1' }];
  await t.throwsAsync(run({ id: 'a', kind: 'make-links', at, links }, place), { code: 'link-in-the-way' });
  t.false(existsSync(join(place, 'outside/theirs/current')));
});

/** Before anything is written: the whole of what an installation may write to. */
const found = [
  'config.yaml',
  'manifest.json',
  'install.log',
  'grub',
  'grub/grub.cfg',
  'os',
  'dcp',
  'var',
  'os/1/rootfs.squashfs',
  'kernel/2',
].map((name) => `bos/system/${name}`);
for (const path of [
  'bos',
  'bos/system',
  ...found,
  'bos/data',
  'bos/data/home',
  'bos/data/var',
  'bos/data/opt',
])
  test(`a link in the place of ${path} is found before`, async (t) => {
    const place = prepared(t, 'x');
    const target = join(place, 'target');
    mkdirSync(dirname(join(target, path)), { recursive: true });
    await refuseLinks(host.files, target);
    symlinkSync('/dev/null', join(target, path));
    await t.throwsAsync(refuseLinks(host.files, target), {
      code: 'link-in-the-way',
      message: new RegExp(`^/${path} on the target is a link, not a (file|folder)$`),
    });
  });

const inTheWay = [
  ['bos/system/config.yaml', 'folder', 'file'],
  ['bos/system/manifest.json', 'folder', 'file'],
  ['bos/system/grub/grubenv', 'folder', 'file'],
  ['bos/system/grub/menu.cfg', 'folder', 'file'],
  ['bos/system/os/1/rootfs.squashfs', 'folder', 'file'],
  ['bos/system/kernel/2', 'file', 'folder'],
  ['bos/system/dcp/current', 'folder', 'link'],
  ['bos/system/os/current', 'file', 'link'],
  ['bos/data/opt', 'file', 'folder'],
] as const;
for (const [path, found, expected] of inTheWay)
  test(`a ${found} in the place of ${path} is found before`, async (t) => {
    const target = join(prepared(t, 'x'), 'target');
    mkdirSync(dirname(join(target, path)), { recursive: true });
    if (found === 'folder') mkdirSync(join(target, path));
    else writeFileSync(join(target, path), 'x');
    await t.throwsAsync(refuseLinks(host.files, target), {
      code: 'link-in-the-way',
      message: `/${path} on the target is a ${found}, not a ${expected}`,
    });
  });

const menu = 'boot/grub/grub.cfg';
for (const path of ['boot', 'boot/grub', menu])
  test(`a link in the place of ${path} is found before where the menu goes there, and nobody else's matter`, async (t) => {
    const target = join(prepared(t, 'x'), 'target');
    mkdirSync(dirname(join(target, path)), { recursive: true });
    symlinkSync('/dev/null', join(target, path));
    await t.notThrowsAsync(refuseLinks(host.files, target));
    await t.throwsAsync(refuseLinks(host.files, target, [menu]), { code: 'link-in-the-way' });
  });

test('an older installation and the files of others are no reason', async (t) => {
  const target = join(prepared(t, 'x'), 'target');
  for (const path of ['bos/system/os/1/x', 'bos/system/config.yaml', 'bos/data/home/me/x', 'etc/x']) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    writeFileSync(join(target, path), 'x');
  }
  symlinkSync('1', join(target, 'bos/system/os/current'));
  symlinkSync('/etc/passwd', join(target, 'bos/data/home/me/link'));
  symlinkSync('/usr/bin', join(target, 'bin'));
  await t.notThrowsAsync(refuseLinks(host.files, target));
});

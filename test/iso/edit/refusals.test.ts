import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { replacement } from '../../../src/boot/menus/argument-request.ts';
import { OpsError } from '../../../src/errors.ts';
import type { Host } from '../../../src/host/ports.ts';
import { readJournal } from '../../../src/iso/edit/journal.ts';
import { undoRemaster } from '../../../src/iso/remaster.ts';
import { addition, imagePath, setting, volumeName } from '../../../src/iso/request.ts';
import { onlyRefuses, temporaryFolder, tool } from '../../formats/support.ts';
import { runs } from '../../properties.ts';
import { change, copyOf, digestOf, host, imageBy } from './edit-support.ts';

type Request = Parameters<typeof change>[1];
const karg = { menu: { append: ['a'] } };

interface Row {
  readonly code: string;
  readonly exit: 2 | 3;
  readonly request?: (folder: string) => Request;
  /** Does something to the image first. */
  readonly prepare?: (iso: string) => void;
  readonly on?: (iso: string) => Host;
  readonly more?: (iso: string) => { output: string };
}

const file = (folder: string, text: string) => {
  const path = join(folder, 'file');
  writeFileSync(path, text);
  return path;
};

/** A host on which a loop device stands for the image. */
const attachedTo = (device: string, iso: string): Host => ({
  ...host,
  files: {
    ...host.files,
    list: async (path) => (path === '/sys/block' ? [device, 'sda'] : host.files.list(path)),
    readText: async (path) =>
      path === `/sys/block/${device}/loop/backing_file` ? `${iso}\n` : host.files.readText(path),
  },
});

const firstProcess = (await host.processes.identify(1)) ?? '';

const rows: Readonly<Record<string, Row>> = {
  'not an ISO': {
    code: 'iso-invalid',
    exit: 3,
    prepare: (iso) => writeFileSync(iso, Buffer.alloc(100_000, 'no ')),
  },
  'an empty file': { code: 'iso-invalid', exit: 3, prepare: (iso) => writeFileSync(iso, '') },
  'a truncated ISO': { code: 'iso-truncated', exit: 3, prepare: (iso) => truncateSync(iso, 100_000) },
  'a read-only file': { code: 'iso-read-only', exit: 3, prepare: (iso) => chmodSync(iso, 0o444) },
  'a folder': {
    code: 'iso-not-a-file',
    exit: 3,
    prepare: (iso) => {
      tool('rm', iso);
      mkdirSync(iso);
    },
  },
  'an invalid configuration': {
    code: 'config-invalid',
    exit: 2,
    request: (folder) => ({ config: file(folder, 'hostname: [') }),
  },
  'a configuration that does not exist': {
    code: 'file-missing',
    exit: 3,
    request: () => ({ config: '/nothing' }),
  },
  'a name that exists': {
    code: 'iso-name-exists',
    exit: 2,
    request: (folder) => ({ add: [{ source: file(folder, ''), path: 'vmlinuz' }] }),
  },
  'two files for one path': {
    code: 'iso-name-twice',
    exit: 2,
    request: (folder) => ({ add: ['new', 'new'].map((path) => ({ source: file(folder, ''), path })) }),
  },
  'two files for one path, where one is replaced': {
    code: 'iso-name-twice',
    exit: 2,
    request: (folder) => ({
      ...{ remove: ['vmlinuz'] },
      add: ['vmlinuz', 'vmlinuz'].map((path) => ({ source: file(folder, ''), path })),
    }),
  },
  'a file in the way of a folder': {
    code: 'iso-name-exists',
    exit: 2,
    request: (folder) => ({ add: [{ source: file(folder, ''), path: 'vmlinuz/a' }] }),
  },
  'a link on the way': {
    code: 'iso-name-exists',
    exit: 2,
    request: (folder) => ({ add: [{ source: file(folder, ''), path: 'link/a' }] }),
  },
  'nothing to remove': { code: 'iso-entry-missing', exit: 2, request: () => ({ remove: ['nothing'] }) },
  'an argument that nobody has': {
    code: 'karg-not-found',
    exit: 3,
    request: () => ({ menu: { delete: ['nothing'] } }),
  },
  'an entry that does not exist': {
    code: 'iso-no-entry',
    exit: 3,
    request: () => ({ menu: { append: ['a'], entry: 'nothing' } }),
  },
  'an argument with a quote inside': {
    code: 'argument-not-for-grub',
    exit: 2,
    request: () => ({ menu: { append: ['a=b"c'] } }),
  },
  'an argument beyond ASCII': {
    code: 'argument-not-for-grub',
    exit: 2,
    request: () => ({ menu: { append: ['ä'] } }),
  },
  'too many arguments': {
    code: 'command-line-too-long',
    exit: 2,
    request: () => ({ menu: { append: ['x'.repeat(2100)] } }),
  },
  'an installation by another system': {
    code: 'iso-not-bhojpur',
    exit: 3,
    request: () => ({ menu: { install: [{ name: 'device', value: '/dev/vda' }] } }),
  },
  'a boot image': {
    code: 'iso-boot-image',
    exit: 3,
    request: () => ({ remove: ['isolinux/boot.img'], method: 'padding' }),
  },
  'a way that does not work': {
    code: 'iso-method-unfit',
    exit: 3,
    request: (folder) => ({ add: [{ source: file(folder, ''), path: 'new' }], method: 'same-room' }),
  },
  'an output that exists': { code: 'iso-output-exists', exit: 3, more: (iso) => ({ output: iso }) },
  'no room': {
    code: 'iso-no-room',
    exit: 3,
    on: () => ({ ...host, files: { ...host.files, freeSpace: async () => 100 } }),
  },
  'no right to write beside it': {
    ...{ code: 'iso-undo-unwritable', exit: 3 },
    on: () => ({
      ...host,
      files: {
        ...host.files,
        writeAtomic: async () => {
          throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
        },
      },
    }),
  },
  'a loop device': { ...{ code: 'iso-in-use', exit: 3 }, on: (iso) => attachedTo('loop3', iso) },
  'another process': {
    code: 'iso-busy',
    exit: 3,
    prepare: (iso) => symlinkSync(firstProcess, `${iso}.opsctl-lock`),
  },
};

const exits = { usage: 2, refused: 3, undone: 4, broken: 5, interrupted: 130 } as const;

for (const [name, { code, exit, request = () => karg, prepare, on, more }] of Object.entries(rows))
  test(`refused: ${name}`, async (t) => {
    const iso = copyOf(t, imageBy(t, 'genisoimage', 3));
    prepare?.(iso);
    const isFile = name !== 'a folder';
    const before = isFile ? digestOf(iso) : '';
    const beside = readdirSync(dirname(iso));
    const error = await t.throwsAsync(
      change(iso, request(temporaryFolder(t)), {
        ...more?.(iso),
        ...(on === undefined ? {} : { on: on(iso) }),
      }),
      { instanceOf: OpsError, code },
    );
    t.is(exits[(error as OpsError).kind], exit);
    t.truthy((error as OpsError).message);
    if (isFile) t.is(digestOf(iso), before);
    t.deepEqual(readdirSync(dirname(iso)), beside);
  });

test('who asks for what does not exist hears what is there instead', async (t) => {
  const iso = imageBy(t, 'genisoimage', 30);
  const hint = async (path: string) => {
    const error = await t.throwsAsync(change(iso, { remove: [path] }), { instanceOf: OpsError });
    return (error as OpsError).hint;
  };
  t.is(await hint('boot/grub/grub.conf'), '/boot/grub has grub.cfg.');
  t.is(await hint('boot/none/at/all'), '/boot has grub.');
  t.regex((await hint('many/nothing')) ?? '', /^\/many has file-number-0, .* and 18 more\.$/);
});

test('a grub.cfg for an image that boots by ISOLINUX', async (t) => {
  const folder = temporaryFolder(t);
  const iso = join(folder, 'a.iso');
  mkdirSync(join(folder, 'tree/isolinux'), { recursive: true });
  writeFileSync(join(folder, 'tree/isolinux/isolinux.cfg'), 'label a\n  kernel /vmlinuz\n');
  tool('genisoimage', '-quiet', '-R', '-o', iso, join(folder, 'tree'));
  const error = await t.throwsAsync(change(iso, { grubCfg: file(folder, 'x') }), { code: 'iso-no-menu' });
  t.deepEqual((error as OpsError).details, ['its menu is /isolinux/isolinux.cfg']);
});

test('an image without a menu takes files and no arguments', async (t) => {
  const folder = temporaryFolder(t);
  const iso = join(folder, 'a.iso');
  mkdirSync(join(folder, 'tree'));
  writeFileSync(join(folder, 'tree', 'only'), 'a file');
  tool('xorriso', '-as', 'mkisofs', '-quiet', '-r', '-o', iso, join(folder, 'tree'));
  await t.throwsAsync(change(iso, karg), { code: 'iso-no-menu' });
  await change(iso, { add: [{ source: file(folder, 'x'), path: 'x' }] });
  await t.throwsAsync(change(iso, { config: file(folder, 'hostname: a\n'), menu: { append: ['a'] } }), {
    code: 'iso-no-menu',
  });
});

test('a file system without links, such as FAT, does without the lock', async (t) => {
  const iso = imageBy(t, 'genisoimage', 3);
  const symlink = async () => {
    throw Object.assign(new Error('EPERM: operation not permitted, symlink'), {
      code: 'EPERM',
      syscall: 'symlink',
    });
  };
  const before = digestOf(iso);
  await change(iso, karg, { on: { ...host, files: { ...host.files, symlink } } });
  t.not(digestOf(iso), before);
});

test('undo without a journal, or with that of another image', async (t) => {
  const iso = imageBy(t, 'genisoimage', 3);
  await t.throwsAsync(undoRemaster(host, iso), { code: 'undo-nothing' });
  await change(iso, karg);
  writeFileSync(iso, Buffer.alloc(500_000));
  await t.throwsAsync(undoRemaster(host, iso), { code: 'undo-foreign' });
  t.true(existsSync(`${iso}.opsctl-undo`));
});

test('undo of an image that is attached to a loop device changes nothing below its file system', async (t) => {
  const iso = imageBy(t, 'genisoimage', 3);
  await change(iso, karg);
  const changed = digestOf(iso);
  await t.throwsAsync(undoRemaster(attachedTo('loop3', iso), iso), { code: 'iso-in-use' });
  t.is(digestOf(iso), changed);
  t.true(existsSync(`${iso}.opsctl-undo`));
});

test('a damaged journal is refused, never believed', async (t) => {
  const iso = imageBy(t, 'genisoimage', 3);
  await change(iso, karg);
  const journal = await host.files.read(`${iso}.opsctl-undo`);
  const property = fc.assert(
    fc.asyncProperty(fc.nat(journal.length - 1), fc.integer({ min: 1, max: 255 }), async (at, by) => {
      const bytes = Buffer.from(journal);
      bytes[at] = (bytes[at] ?? 0) ^ by;
      writeFileSync(`${iso}.opsctl-undo`, bytes);
      await onlyRefuses(() => readJournal(host, iso));
    }),
    { numRuns: runs(200) },
  );
  await t.notThrowsAsync(property);
});

const shaped = test.macro((t, parse: (text: string) => unknown, text: string, expected: unknown) => {
  if (typeof expected === 'string' && expected.startsWith('!'))
    t.throws(() => parse(text), { code: expected.slice(1) });
  else t.deepEqual(parse(text), expected);
});
test('quiet=debug', shaped, replacement, 'quiet=debug', { old: 'quiet', new: 'debug' });
test('console=tty0=console=ttyS0', shaped, replacement, 'console=tty0=console=ttyS0', {
  old: 'console=tty0',
  new: 'console=ttyS0',
});
test('no new argument', shaped, replacement, 'quiet=', '!karg-replacement');
test('device', shaped, setting, 'device=/dev/vda', { name: 'device', value: '/dev/vda' });
test('a switch', shaped, setting, 'power_off', { name: 'power_off', value: undefined });
test('no setting', shaped, setting, '=x', '!install-setting');
test('an addition', shaped, addition, 'C:\\a.txt:/b/c', { source: 'C:\\a.txt', path: 'b/c' });
test('no destination', shaped, addition, 'a:', '!add-shape');
test('a path that leads out', shaped, imagePath, '/a/../b', '!image-path');
test('a volume name', shaped, volumeName, 'BOS_1', 'BOS_1');
test('a long volume name', shaped, volumeName, 'X'.repeat(33), '!volume-id');

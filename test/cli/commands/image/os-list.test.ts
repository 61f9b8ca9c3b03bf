/** `opsctl image os-list`: the repository file of Raspberry Pi Imager, of real images, packed and not. */
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { imageCommand } from '../../../../src/cli/commands/image/command.ts';
import { linuxHost } from '../../../../src/host/linux/index.ts';
import type { Host } from '../../../../src/host/ports.ts';
import { temporaryFolder, tool } from '../../../formats/support.ts';
import { imagerFaults } from '../../../image/os-list/imager-schema.ts';
import { runProgram } from '../install/fake-world.ts';

const real = linuxHost();
const base = ['--url', 'https://example.org/images', '--device', 'pi5-64bit', '--device', 'pi4-64bit'];

const osList = (argv: readonly string[], host: Host = real) =>
  runProgram(['image', 'os-list', ...argv], { commands: [imageCommand], host });

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** A disk with an MBR and a partition that nothing packs well, and the same as an .xz file. */
function disks(t: ExecutionContext) {
  const folder = temporaryFolder(t);
  const bytes = randomBytes(2 ** 19);
  const raw = join(folder, 'board one.img');
  writeFileSync(raw, bytes.fill(0, 0, 2048));
  execFileSync('/usr/sbin/sfdisk', ['--quiet', raw], {
    input: 'label: dos\nstart=64, size=960, type=c\n',
  });
  tool('xz', '-0', '--keep', raw);
  for (const path of [raw, `${raw}.xz`]) utimesSync(path, 1_790_000_000, 1_790_000_000);
  return { folder, raw, xz: `${raw}.xz`, bytes: readFileSync(raw) };
}

test('lists packed and unpacked images as Imager wants them', async (t) => {
  const { folder, raw, xz, bytes } = disks(t);
  const output = join(folder, 'os_list.json');
  const named = ['--name', 'Packed', '--name', 'Plain', '--website', 'https://example.org'];
  const result = await osList([xz, raw, ...base, ...named, '--architecture', 'armv8', '-o', output]);
  t.is(result.exitCode, 0, result.err);
  t.regex(result.out, /os_list\.json lists 2 images\.\nPublish it/);
  const list = JSON.parse(readFileSync(output, 'utf8'));
  t.deepEqual(imagerFaults(list), []);
  const of = { extract_size: bytes.length, extract_sha256: sha256(bytes), release_date: '2026-09-21' };
  const common = {
    ...{ description: 'A small Linux distribution that runs Kubernetes', icon: 'icons/use_custom.png' },
    ...{ devices: ['pi5-64bit', 'pi4-64bit'], init_format: 'cloudinit', architecture: 'armv8' },
    website: 'https://example.org',
  };
  const packed = readFileSync(xz);
  t.deepEqual(list.os_list, [
    {
      ...{ ...common, ...of, name: 'Packed', url: 'https://example.org/images/board%20one.img.xz' },
      ...{ image_download_size: packed.length, image_download_sha256: sha256(packed) },
    },
    {
      ...{ ...common, ...of, name: 'Plain', url: 'https://example.org/images/board%20one.img' },
      ...{ image_download_size: bytes.length, image_download_sha256: sha256(bytes) },
    },
  ]);
  t.is(statSync(output).mode & 0o777, 0o644);
});

test('prints the list, and reads each image once', async (t) => {
  const { raw } = disks(t);
  let read = 0;
  const open: Host['files']['open'] = async (...given) => {
    const file = await real.files.open(...given);
    const readInto: typeof file.readInto = async (offset, target) => {
      const count = await file.readInto(offset, target);
      read += count;
      return count;
    };
    return new Proxy(file, {
      get: (of, name) => (name === 'readInto' ? readInto : boundTo(of, Reflect.get(of, name, of))),
    });
  };
  const { exitCode, out, err } = await osList([raw, ...base], { ...real, files: { ...real.files, open } });
  t.is(exitCode, 0, err);
  t.is(JSON.parse(out).os_list[0].name, 'board one');
  t.regex(err, /\[1\/1\] Read board one\.img and compute its digests/);
  t.is(read, statSync(raw).size);
});

/** Its private fields are those of the file itself. */
const boundTo = (owner: object, value: unknown): unknown =>
  typeof value === 'function' ? value.bind(owner) : value;

test('an image that is cut off is refused, and nothing is written', async (t) => {
  const { folder, raw, xz } = disks(t);
  const output = join(folder, 'os_list.json');
  truncateSync(xz, statSync(xz).size - 4000);
  const packed = await osList([xz, ...base, '-o', output]);
  t.is(packed.exitCode, 3);
  t.regex(packed.err.replaceAll(/\s+/g, ' '), /board one\.img\.xz is damaged or incomplete/);
  // Whole as a packed file, but not as a disk.
  truncateSync(raw, 400_384);
  tool('xz', '-0', '--force', '--keep', raw);
  for (const path of [raw, xz]) {
    const short = await osList([path, ...base, '-o', output]);
    t.is(short.exitCode, 3);
    t.regex(short.err.replaceAll(/\s+/g, ' '), /is incomplete: 400384 bytes instead of at least 524288/);
  }
  t.is(statSync(output, { throwIfNoEntry: false }), undefined);
});

test('what is not the image of a disk is refused', async (t) => {
  const path = join(temporaryFolder(t), 'picture.png');
  writeFileSync(path, 'PNG'.repeat(500));
  const { exitCode, out, err } = await osList([path, ...base]);
  t.is(exitCode, 3);
  t.is(out, '');
  t.regex(err.replaceAll(/\s+/g, ' '), /picture\.png is not the image of a disk: it has no partition table/);
});

test('a checksum beside the image must be right', async (t) => {
  const { raw, bytes } = disks(t);
  writeFileSync(`${raw}.sha256`, `${sha256(bytes)}  board one.img\n`);
  t.is((await osList([raw, ...base])).exitCode, 0);
  writeFileSync(`${raw}.sha256`, `${'0'.repeat(64)}  board one.img\n`);
  const { exitCode, err } = await osList([raw, ...base]);
  t.is(exitCode, 3);
  t.regex(err, /does not have the SHA-256 that/);
});

test('a list that is there is replaced only when that is wanted', async (t) => {
  const { folder, raw } = disks(t);
  const output = join(folder, 'os_list.json');
  writeFileSync(output, 'of somebody');
  t.regex((await osList([raw, ...base, '-o', output])).err, /os_list\.json exists/);
  t.is(readFileSync(output, 'utf8'), 'of somebody');
  t.is((await osList([raw, ...base, '-o', output, '--force'])).exitCode, 0);
  t.deepEqual(imagerFaults(JSON.parse(readFileSync(output, 'utf8'))), []);
  t.is((await osList([raw, ...base, '-o', folder, '--force'])).exitCode, 3);
  t.is((await osList([raw, ...base, '-o', join(folder, 'none', 'x.json')])).exitCode, 3);
});

const wrong = test.macro({
  exec: async (t, argv: readonly string[], message: RegExp) => {
    const { exitCode, err } = await osList(argv);
    t.is(exitCode, 2, err);
    t.regex(err.replaceAll(/\s+/g, ' '), message);
  },
  title: (what = '') => `refused before an image is read: ${what}`,
});
const device = ['--device', 'pi4-64bit'];
test('no URL', wrong, ['/x.img', ...device], /not said where the images will be fetched/);
test('no board', wrong, ['/x.img', '--url', 'https://example.org'], /which boards/);
test('a URL of a file system', wrong, ['/x.img', '--url', 'file:///srv', ...device], /https or http/);
test(
  'a secret in the URL',
  wrong,
  ['/x', '--url', 'https://a:b@example.org/', ...device],
  /user and password/,
);
test('a query', wrong, ['/x.img', '--url', 'https://example.org/?a=b', ...device], /without \? and #/);
test('names for others', wrong, ['/x.img', ...base, '--name', 'A', '--name', 'B'], /2 names .* 1 images/);
test('one name twice', wrong, ['/a/x.img', '/b/x.img', ...base], /Two images are called x\.img/);
test('a date', wrong, ['/x.img', ...base, '--release-date', '2026-02-30'], /expected a date/);
test('a format', wrong, ['/x.img', ...base, '--init-format', 'cloud'], /cloud/);

test('an image at a URL and a qcow2 image are refused', async (t) => {
  t.is((await osList(['https://example.org/x.img', ...base])).exitCode, 2);
  const path = join(temporaryFolder(t), 'node.qcow2');
  tool('qemu-img', 'create', '-q', '-f', 'qcow2', path, '1M');
  const { exitCode, err } = await osList([path, ...base]);
  t.is(exitCode, 3);
  t.regex(err, /qcow2/);
});

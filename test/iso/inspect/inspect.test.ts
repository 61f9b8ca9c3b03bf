/** `opsctl iso inspect` and `opsctl iso verify` on ISOs of several makers, whole and not. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { isoCommand } from '../../../src/cli/commands/iso/command.ts';
import { sha256Of } from '../../../src/host/digest.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { IsoReport } from '../../../src/iso/inspect/inspect.ts';
import { runProgram } from '../../cli/commands/install/fake-world.ts';
import { serveRanges } from '../../fakes/range-server.ts';
import { tool } from '../../formats/support.ts';
import { efiProgram, kernel, makeCasper, makeDebian, makeMemtest, makeOurs, newFoldersIn } from '../media.ts';

const folder = mkdtempSync(join(tmpdir(), 'bos-test-'));
test.after.always(() => rmSync(folder, { recursive: true, force: true }));

const fresh = newFoldersIn(folder);
const ours = makeOurs(fresh('ours'));
const debian = makeDebian(fresh('debian'));
const casper = makeCasper(fresh('casper'));
const memtest = makeMemtest(fresh('memtest'));

const opsctl = (...argv: string[]) => {
  const host = {
    ...linuxHost(),
    processes: new Proxy(linuxHost().processes, {
      get: () => () => {
        throw new Error('a process was started');
      },
    }),
  };
  return runProgram(['iso', ...argv], { commands: [isoCommand], host });
};

async function inspect(iso: string): Promise<IsoReport> {
  const { exitCode, out, err } = await opsctl('inspect', iso, '--json');
  if (exitCode !== 0) throw new Error(err);
  return JSON.parse(out);
}

const titles = ({ menus }: IsoReport) =>
  menus.map(({ path, entries }) => [path, entries.map(({ title }) => title)]);

test('ours', async (t) => {
  const report = await inspect(ours);
  t.is(report.volumeId, 'BOS');
  t.is(report.size, readFileSync(ours).length);
  t.is(report.sha256, sha256Of(readFileSync(ours)));
  t.deepEqual(
    report.trees.map(({ kind, origin }) => [kind, origin]),
    [
      ['iso9660', 0],
      ['iso9660', 32768],
    ],
  );
  t.deepEqual(
    report.boot.map(({ platform, path }) => [platform, path]),
    [
      ['BIOS', 'boot/grub/eltorito.img'],
      ['UEFI', null],
    ],
  );
  t.is(report.boot[1]?.size, 1_474_560);
  t.true(report.secureBoot);
  t.deepEqual(
    report.loaders.map(({ path, where, sbat }) => [path, where, sbat]),
    [
      ['EFI/BOOT/BOOTX64.EFI', 'boot image', ['shim']],
      ['EFI/BOOT/grubx64.efi', 'boot image', ['grub']],
    ],
  );
  t.deepEqual(report.kernels, [
    { path: `bos/system/kernel/${kernel}/vmlinuz`, version: `${kernel} (test) #1` },
  ]);
  t.deepEqual(report.system, { version: '0.1.0', kernel, dcp: null, arch: 'amd64', config: null });
  t.deepEqual(titles(report), [
    [
      'boot/grub/grub.cfg',
      ['Start the installed disk', 'Bhojpur OS 0.1.0 (live)', 'Install Bhojpur OS 0.1.0', 'Rescue shell'],
    ],
  ]);
  t.deepEqual(report.menus[0]?.entries[2]?.kernels[0]?.arguments, [
    ...['bos.mode=install', 'console=ttyS0', 'quiet'],
  ]);
  t.deepEqual(report.partitions.gpt?.map(({ name }) => name).slice(0, 2), ['ISO9660', 'Appended2']);
  t.deepEqual(report.faults, []);
});

test('the configuration is shown, its secrets and those of the menu are not', async (t) => {
  const iso = makeOurs(fresh('hidden'), {
    'bos/system/config.yaml': 'hostname: node1\nbos:\n  token: very-secret\n',
    'boot/grub/grub.cfg':
      'menuentry A {\n linux /vmlinuz bos.token=very-secret bos.password="it is secret" ' +
      'bos.install.config_url=https://me:secret@host/c?secret\n}\n',
  });
  const report = await inspect(iso);
  t.is(report.system?.config, 'hostname: node1\nbos:\n  token: (hidden)\n');
  t.deepEqual(report.menus[0]?.entries[0]?.kernels[0]?.arguments, [
    ...['bos.token=(hidden)', 'bos.password=(hidden)'],
    'bos.install.config_url=https://(hidden)@host/c?(hidden)',
  ]);
  const { out } = await opsctl('inspect', iso);
  t.notRegex(out, /secret/);
  t.regex(out, /hostname: node1/);
});

test("Debian's installer", async (t) => {
  const report = await inspect(debian);
  t.deepEqual(titles(report), [
    ['boot/grub/grub.cfg', ['Graphical install']],
    ['isolinux/isolinux.cfg', []],
    ['isolinux/menu.cfg', []],
    ['isolinux/txt.cfg', ['Install']],
  ]);
  t.is(report.menus[3]?.includedBy, 'isolinux/menu.cfg');
  t.deepEqual(report.kernels, [{ path: 'install.amd/vmlinuz', version: '6.1.0-13-amd64 (debian)' }]);
  t.true(report.secureBoot);
  t.deepEqual(
    report.boot.map(({ platform, path }) => [platform, path]),
    [
      ['BIOS', 'isolinux/isolinux.bin'],
      ['UEFI', 'boot/grub/efi.img'],
    ],
  );
  t.deepEqual(
    report.trees.map(({ kind }) => kind),
    ['iso9660', 'joliet'],
  );
  t.is(report.system, null);
  t.deepEqual(report.faults, []);
});

test('casper', async (t) => {
  const report = await inspect(casper);
  t.deepEqual(titles(report), [
    ['boot/grub/grub.cfg', ['Try or Install']],
    ['boot/grub/loopback.cfg', ['Try or Install']],
  ]);
  t.is(report.menus[0]?.timeout, 30);
  t.true(report.partitions.hfs);
  t.not(report.partitions.apple, null);
  t.false(report.secureBoot);
  t.deepEqual(report.faults, []);
});

test('memtest', async (t) => {
  const report = await inspect(memtest);
  t.deepEqual(report.partitions, { mbr: null, gpt: null, apple: null, hfs: false });
  t.deepEqual(report.menus[0]?.entries[0]?.kernels, [{ kernel: '/boot/memtest', arguments: [] }]);
  t.deepEqual(report.kernels, [{ path: 'boot/memtest', version: null }]);
  t.deepEqual(report.faults, []);
});

test('as text, in 80 columns', async (t) => {
  for (const iso of [ours, debian, casper, memtest]) {
    const { out, exitCode } = await opsctl('inspect', iso, '--quick');
    t.is(exitCode, 0);
    t.regex(out, /Problems +none\n/);
    t.notRegex(out, /SHA-256/);
    t.true(out.split('\n').every((line) => line.length <= 80 || line.startsWith('/')));
  }
});

test('over HTTP only what is looked at is fetched', async (t) => {
  const big = makeOurs(fresh('big'), { 'bos/large': Buffer.alloc(20_000_000) });
  const server = await serveRanges({ file: big });
  t.teardown(() => server.close());
  const { out, exitCode } = await opsctl('inspect', server.url, '--json');
  t.is(exitCode, 0);
  const fetched = server.asked
    .map((line) => /bytes=(\d+)-(\d+)/.exec(line))
    .reduce((sum, match) => sum + Number(match?.[2]) + 1 - Number(match?.[1]), 0);
  t.true(fetched < 4e6, `${fetched} bytes, ${server.asked.length} requests`);
  const { sha256, name, ...report } = JSON.parse(out) as IsoReport;
  const { sha256: local, name: path, ...same } = await inspect(big);
  t.is(sha256, null);
  t.truthy(local);
  t.deepEqual(report, same);
});

test('a server that knows no ranges is refused', async (t) => {
  const server = await serveRanges({ file: casper }, { ranges: false });
  t.teardown(() => server.close());
  const { exitCode, err } = await opsctl('inspect', server.url);
  t.is(exitCode, 3);
  t.regex(err.replaceAll(/\s+/g, ' '), /can only be read from start to end.*Download it/);
});

const sound = test.macro({
  exec: async (t, iso: string, compared: RegExp) => {
    const { exitCode, out, err } = await opsctl('verify', iso);
    t.is(err, '');
    t.is(exitCode, 0);
    t.regex(out.replaceAll('\n', ' '), compared);
  },
  title: (name = '') => `verify: ${name} is sound`,
});
test('ours', sound, ours, /4 files \(550 kB\) match \/bos\/system\/manifest.json/);
test("Debian's installer", sound, debian, /3 files .* match \/md5sum.txt/);
test('casper', sound, casper, /4 files .* match \/md5sum.txt/);
test('memtest', sound, memtest, /no list of digests/);

/** A copy with something done to it, and what is said of it. */
const faulty = test.macro({
  exec: async (t, iso: string, change: (bytes: Buffer) => Buffer | undefined, expected: RegExp) => {
    const bytes = readFileSync(iso);
    const file = join(fresh(sha256Of(t.title).slice(0, 8)), 'changed.iso');
    writeFileSync(file, change(bytes) ?? bytes);
    const { exitCode, out, err } = await opsctl('verify', file);
    t.is(exitCode, 3);
    t.is(out, '');
    t.regex(err.replaceAll(/\s+/g, ' '), expected);
    const json = await opsctl('verify', file, '--json');
    t.is(json.exitCode, 3);
    t.true(JSON.parse(json.out.slice(0, json.out.indexOf('\n}\n') + 2)).faults.length > 0);
  },
  title: (name = '') => `verify: ${name} is told`,
});
const at = (bytes: Buffer, text: string): number => {
  const found = bytes.indexOf(text, 0, 'latin1');
  if (found < 0) throw new Error(text);
  return found;
};
test(
  'a changed file',
  faulty,
  ours,
  (bytes) => void bytes.write('X', at(bytes, 'systemsystem') + 5000),
  /\/bos\/system\/os\/0.1.0\/rootfs.squashfs does not match its digest in the list/,
);
test(
  'a changed file of others',
  faulty,
  casper,
  (bytes) => void bytes.write('X', at(bytes, '6.5.0-9-generic') + 100),
  /\/casper\/vmlinuz does not match its digest in the list/,
);
test(
  'an image that ends too early',
  faulty,
  ours,
  (bytes) => bytes.subarray(0, bytes.length - 400 * 1024),
  /truncated: it has \d+ bytes instead of \d+.*(is past the end of the image|is cut off)/,
);
test(
  'a GPT with a wrong checksum',
  faulty,
  ours,
  (bytes) => void bytes.writeUInt8(bytes.readUInt8(1024 + 60) ^ 1, 1024 + 60),
  /GPT, primary table: the checksum of the entries is wrong/,
);
test(
  'a second GPT that is not at the end',
  faulty,
  ours,
  (bytes) => Buffer.concat([bytes, Buffer.alloc(1 << 20)]),
  /GPT, backup table: not at the end/,
);
test(
  'a file that one tree shows elsewhere',
  faulty,
  ours,
  (bytes) => {
    // The record of grub.cfg in the second tree: its size grows by one.
    const name = Buffer.from('GRUB.CFG;1', 'latin1');
    const second = bytes.indexOf(name, bytes.indexOf(name) + 1) - 33;
    bytes.writeUInt32LE(bytes.readUInt32LE(second + 10) + 1, second + 10);
  },
  /the tree for the partition at byte 32768 has other content at \/boot\/grub\/grub.cfg/,
);
test(
  'a boot image for BIOS that was moved',
  faulty,
  ours,
  (bytes) => void bytes.writeUInt32LE(100, 0x1b0),
  /the boot record loads sector 100, not the BIOS boot image/,
);
test(
  'a boot image with a stale checksum',
  faulty,
  debian,
  (bytes) => void bytes.write('X', at(bytes, 'ISOLINUX 6') + 3),
  /the boot image for BIOS has been changed since its checksum was made/,
);
test(
  'a boot image for UEFI that is none',
  faulty,
  ours,
  (bytes) => void bytes.fill(0, at(bytes, 'mkfs.fat'), at(bytes, 'mkfs.fat') + 512),
  /the boot image for UEFI is not a FAT file system/,
);
test(
  'a boot record that is gone',
  faulty,
  ours,
  (bytes) => void bytes.fill(0, 0, 440),
  /a BIOS cannot boot it as a disk/,
);
test(
  'a broken catalogue',
  faulty,
  memtest,
  (bytes) => {
    const catalogue = bytes.readUInt32LE(17 * 2048 + 0x47) * 2048;
    bytes.writeUInt8(1, catalogue + 5);
  },
  /the checksum of the boot catalogue is wrong \(at byte \d+\)/,
);

test('verify: a loader that is not signed and a menu that starts nothing are told', async (t) => {
  const iso = makeOurs(
    fresh('unsigned'),
    { 'boot/grub/grub.cfg': 'menuentry A {\n linux /nothing\n}\n' },
    { 'BOOTX64.EFI': efiProgram(false, 'grub') },
  );
  const { exitCode, err } = await opsctl('verify', iso);
  t.is(exitCode, 3);
  t.regex(err, /no signed loader/);
  t.regex(err, /a boot menu starts \/nothing, which is missing/);
});

test('inspect tells what is wrong and goes on', async (t) => {
  const file = join(fresh('cut'), 'cut.iso');
  copyFileSync(ours, file);
  truncateSync(file, 700_000);
  const report = await inspect(file);
  t.regex(report.faults.join('\n'), /truncated/);
  t.is(report.volumeId, 'BOS');
  t.is(report.menus.length, 1);
});

const refusedFile = test.macro({
  exec: async (t, make: (path: string) => void, expected: RegExp) => {
    const path = join(fresh(sha256Of(t.title).slice(0, 8)), 'file');
    make(path);
    for (const command of ['inspect', 'verify']) {
      const { exitCode, err } = await opsctl(command, path);
      t.is(exitCode, 3);
      t.regex(err, expected);
    }
  },
  title: (name = '') => `refused: ${name}`,
});
test('nothing there', refusedFile, () => {}, /cannot\s+be\s+read:\s+it\s+does\s+not\s+exist/);
test('no ISO', refusedFile, (path) => writeFileSync(path, 'hello'), /is\snot\san\sISO\s9660\simage/);
test(
  'a disk image',
  refusedFile,
  (path) => void tool('mkfs.fat', '-C', path, '1440'),
  /is\snot\san\sISO\s9660/,
);

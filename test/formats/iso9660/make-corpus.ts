/**
 * Writes test/formats/iso9660/corpus: small images, each with one thing in it that no honest tool writes. Run by hand
 * with Node.js where xorriso is: the files are kept, since a new version of that could move what is hurt here.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { encodeGpt } from '../../../src/formats/partition-tables/gpt.ts';
import { tool } from '../support.ts';

const corpus = join(import.meta.dirname, 'corpus');
const folder = mkdtempSync(join(tmpdir(), 'bos-corpus-'));
const tree = join(folder, 'tree');
mkdirSync(join(tree, 'one/two/three'), { recursive: true });
writeFileSync(join(tree, 'one/two/three/file'), 'content');
writeFileSync(join(tree, `${'long-name-'.repeat(20)}.txt`), 'x');
writeFileSync(join(tree, 'grub.cfg'), 'menuentry A {\n linux /one/two/three/file quiet\n}\n');
writeFileSync(join(tree, 'boot.img'), Buffer.alloc(2048, 0x90));
symlinkSync('one/two', join(tree, 'link'));
const file = join(folder, 'base.iso');
tool(
  ...(['xorriso', '-as', 'mkisofs', '-quiet', '-R', '-J', '-joliet-long', '-no-pad'] as const),
  ...(['--protective-msdos-label', '-b', 'boot.img', '-no-emul-boot', '-boot-load-size', '4'] as const),
  ...(['-o', file, tree] as const),
);
const base = readFileSync(file);
const withGpt = Buffer.concat([base, Buffer.alloc(64 * 1024)]);
const gpt = encodeGpt({
  diskGuid: '5b193300-fc78-40cd-8002-e86c45580b47',
  sectorSize: 512,
  diskSectors: withGpt.length / 512,
  partitions: [
    {
      ...{ number: 1, type: '0fc63daf-8483-4772-8e79-3d69d8477de4', name: 'x', attributes: 0n },
      ...{ guid: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b', firstLba: 64, lastLba: 100 },
    },
  ],
});
for (const { offset, bytes } of [gpt.primary, gpt.backup]) withGpt.set(bytes, offset);

const primary = 16 * 2048;
const sectorOf = (offset: number) => offset / 2048;
const rootAt = base.readUInt32LE(primary + 158) * 2048;
/** The record with this name, from the plain tree. */
const record = (name: string) => {
  const at = base.indexOf(Buffer.concat([Buffer.from([name.length]), Buffer.from(name, 'latin1')]), rootAt);
  if (at < 0) throw new Error(name);
  return at - 32;
};
const catalogue = base.readUInt32LE(17 * 2048 + 0x47) * 2048;
const find = (signature: string, from = rootAt) => {
  const at = base.indexOf(signature, from, 'latin1');
  if (at < 0) throw new Error(signature);
  return at;
};
const joliet = [17, 18, 19].map((sector) => sector * 2048).find((at) => base[at] === 2) ?? 0;

type Hurt = (bytes: Buffer) => Buffer | undefined;
const both = (bytes: Buffer, at: number, value: number) => {
  bytes.writeUInt32LE(value, at);
  bytes.writeUInt32BE(value, at + 4);
};
const cases: Readonly<Record<string, Hurt>> = {
  sound: () => undefined,
  'descriptor-claims-4-gib-volume': (b) => void both(b, primary + 80, 0x1fffff),
  'descriptor-with-blocks-of-1-byte': (b) => void b.writeUInt16LE(1, primary + 128),
  'descriptors-without-end': (b) => {
    for (let at = primary; at + 2048 <= b.length; at += 2048) b.write('\x02CD001\x01', at, 'latin1');
  },
  'root-behind-the-end': (b) => void b.writeUInt32LE(0xffffff, primary + 158),
  'root-of-4-gib': (b) => void b.writeUInt32LE(0xffffffff, primary + 166),
  'root-of-no-bytes': (b) => void b.writeUInt32LE(0, primary + 166),
  'folder-holds-itself': (b) => void b.writeUInt32LE(sectorOf(rootAt), record('ONE') + 2),
  'record-of-33-bytes': (b) => void b.writeUInt8(33, record('ONE')),
  'record-over-the-sector': (b) => void b.writeUInt8(255, record('ONE')),
  'record-without-a-name': (b) => void b.writeUInt8(0, record('ONE') + 32),
  'name-with-a-slash': (b) => void b.write('../', find('two'), 'latin1'),
  'name-of-dots': (b) => void b.write('..', find('NM\x08') + 5, 'latin1'),
  'file-behind-the-end': (b) => void b.writeUInt32LE(0x7fffff, record('FILE.;1') + 2),
  'file-of-4-gib': (b) => void b.writeUInt32LE(0xfffff800, record('FILE.;1') + 10),
  'extents-that-never-end': (b) => void b.writeUInt8(0x80, record('GRUB.CFG;1') + 25),
  'continuation-that-continues-itself': (b) => {
    const at = find('CE\x1c');
    const area = b.readUInt32LE(at + 4) * 2048 + b.readUInt32LE(at + 12);
    b.copy(b, area, at, at + 28);
    b.writeUInt32LE(28, area + 20);
  },
  'continuation-behind-the-end': (b) => void b.writeUInt32LE(0xffffff, find('CE\x1c') + 4),
  'rock-ridge-field-of-no-bytes': (b) => void b.writeUInt8(0, find('PX') + 2),
  'link-that-goes-in-circles': (b) => void b.write('link', find('SL', record('LINK.;1')) + 7, 'latin1'),
  'child-link-to-a-file': (b) => {
    const at = find('PX', record('FILE.;1'));
    b.write('CL\x0c\x01', at, 'latin1');
    both(b, at + 4, b.readUInt32LE(record('FILE.;1') + 2));
    b.write('XX', at + 12, 'latin1');
    b.writeUInt8(b.readUInt8(at + 2) === 12 ? 24 : 24, at + 14);
  },
  'path-table-of-4-gib': (b) => void both(b, primary + 132, 0xffffffff),
  'path-table-behind-the-end': (b) => void b.writeUInt32LE(0xffffff, primary + 140),
  'joliet-root-behind-the-end': (b) => void b.writeUInt32LE(0xffffff, joliet + 158),
  'joliet-name-of-odd-length': (b) => {
    const at = b.indexOf(Buffer.from('one', 'utf16le').swap16());
    b.writeUInt8(5, at - 1);
  },
  'catalogue-behind-the-end': (b) => void b.writeUInt32LE(0xffffff, 17 * 2048 + 0x47),
  'catalogue-that-is-none': (b) => void b.fill(0, catalogue, catalogue + 32),
  'catalogue-of-65535-entries': (b) => {
    b.writeUInt8(0x90, catalogue + 64);
    b.writeUInt16LE(0xffff, catalogue + 66);
  },
  'catalogue-of-headers-alone': (b) => {
    for (let at = catalogue + 64; at < catalogue + 2048; at += 32) b.writeUInt8(0x90, at);
  },
  'boot-image-behind-the-end': (b) => void b.writeUInt32LE(0xffffff, catalogue + 40),
  'gpt-of-4-gib-of-entries': () => {
    const bytes = Buffer.from(withGpt);
    bytes.writeUInt32LE(0xffffffff, 512 + 80);
    return bytes;
  },
  'gpt-behind-the-end': () => {
    const bytes = Buffer.from(withGpt);
    bytes.writeBigUInt64LE(2n ** 63n, 512 + 72);
    return bytes;
  },
  'apple-map-of-4-gib': (b) => {
    b.write('ER', 0, 'latin1');
    b.writeUInt16BE(512, 2);
    for (let block = 1; block < 64; block += 1) {
      b.write('PM', block * 512, 'latin1');
      b.writeUInt32BE(0xffffffff, block * 512 + 4);
      b.writeUInt32BE(0xffffffff, block * 512 + 8);
      b.writeUInt32BE(0xffffffff, block * 512 + 12);
    }
  },
  'cut-in-the-descriptors': (b) => b.subarray(0, primary + 1000),
  'cut-in-a-folder': (b) => b.subarray(0, rootAt + 100),
};

rmSync(corpus, { recursive: true, force: true });
mkdirSync(corpus);
for (const [name, hurt] of Object.entries(cases)) {
  const copy = Buffer.from(base);
  writeFileSync(join(corpus, `${name}.iso.gz`), gzipSync(hurt(copy) ?? copy, { level: 9 }));
}
rmSync(folder, { recursive: true });

/** The cpio writer against the system's cpio, and its rules as properties. */
import test from 'ava';
import fc from 'fast-check';
import { type CpioEntry, cpioHeader, encodeCpio, padding } from '../../../src/formats/compression/cpio.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import { runs } from '../../properties.ts';
import { sameBytes } from '../support.ts';

const { files, processes } = linuxHost();

test('the cpio tool unpacks what was written, with modes, links, times and contents', async (t) => {
  const root = await files.makeTempDir('bos-cpio-');
  t.teardown(() => files.remove(root));
  const entries: CpioEntry[] = [
    { path: 'bin', mode: 0o040755 },
    { path: 'bin/tool', mode: 0o100755, data: Buffer.from('12345') },
    { path: 'bin/sh', mode: 0o120777, data: Buffer.from('tool') },
    { path: 'empty', mode: 0o100600 },
    { path: 'with space and ü', mode: 0o100644, data: Buffer.alloc(70_000, 7) },
  ];
  await files.write(`${root}/a.cpio`, encodeCpio(entries, 1_700_000_000));
  await files.makeDir(`${root}/out`);
  const from = { cwd: `${root}/out`, inputFile: `${root}/a.cpio` };
  const { stderr } = await processes.run(
    'cpio',
    ['--extract', '--quiet', '--preserve-modification-time', '--no-preserve-owner'],
    from,
  );
  t.is(stderr, '');
  t.deepEqual(await files.list(`${root}/out`), ['bin', 'empty', 'with space and ü']);
  t.like(await files.stat(`${root}/out/bin/tool`), { size: 5, mode: 0o755, mtimeMs: 1_700_000_000_000 });
  t.like(await files.stat(`${root}/out/empty`), { size: 0, mode: 0o600 });
  t.is(await files.readLink(`${root}/out/bin/sh`), 'tool');
  sameBytes(t, await files.read(`${root}/out/with space and ü`), Buffer.alloc(70_000, 7));
});

test('device nodes are listed with their numbers', async (t) => {
  const input = encodeCpio([{ path: 'console', mode: 0o020600, device: [5, 1] }], 0);
  const { stdout } = await processes.run('cpio', ['--list', '--verbose', '--quiet'], { input });
  t.regex(stdout, /^crw------- .* 5, +1 .* console$/m);
});

const entries = fc.array(
  fc.record({
    path: fc.string({ minLength: 1, maxLength: 20 }).map((path) => path.replaceAll('\0', '_')),
    mode: fc.constantFrom(0o100644, 0o100755, 0o120777),
    data: fc.uint8Array({ maxLength: 50 }),
  }),
  { maxLength: 6 },
);

/** Walks an archive by the kernel's rules; buffer-format.rst: every header and every content starts at a multiple of 4. */
function read(archive: Buffer): { path: string; mode: number; data: Buffer }[] {
  const found: { path: string; mode: number; data: Buffer }[] = [];
  const inodes = new Set<number>();
  for (let at = 0; ; ) {
    if (at % 4 !== 0 || archive.toString('latin1', at, at + 6) !== '070701')
      throw new Error(`no header at ${at}`);
    const field = (index: number) =>
      Number.parseInt(archive.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16);
    const [size, nameSize] = [field(6), field(11)];
    const path = archive.toString('utf8', at + 110, at + 110 + nameSize - 1);
    const start = at + 110 + nameSize + padding(110 + nameSize);
    if (path === 'TRAILER!!!') return found;
    // Two entries with one inode and a link count above 1 would be one file.
    if (inodes.has(field(0))) throw new Error('an inode is used twice');
    inodes.add(field(0));
    found.push({ path, mode: field(1), data: archive.subarray(start, start + size) });
    at = start + size + padding(start + size);
  }
}

test('any entries read back in their order', (t) => {
  fc.assert(
    fc.property(entries, (given) => {
      const seen = read(Buffer.from(encodeCpio(given, 1)));
      t.deepEqual(
        seen,
        given.map(({ path, mode, data }) => ({
          path: Buffer.from(path).toString(),
          mode,
          data: Buffer.from(data),
        })),
      );
    }),
    { numRuns: runs(200) },
  );
});

test('a header and its padding is a multiple of four, whatever the name', (t) => {
  fc.assert(
    fc.property(fc.string({ maxLength: 40 }), (path) => {
      t.is(cpioHeader({ path, mode: 0o100644 }, 1, 0, 0).length % 4, 0);
    }),
    { numRuns: runs(200) },
  );
});

/** Which kernel modules the initrd takes along. */
import test from 'ava';
import fc from 'fast-check';
import {
  copyModule,
  parseModuleList,
  parseModulesDep,
  withDependencies,
} from '../../src/build/stages/initrd.ts';
import { folder, realHost } from './support.ts';

test('a module list has comments and empty lines', (t) => {
  t.deepEqual(parseModuleList('# file systems\nisofs\n\n ext4 # and its journal\n'), ['isofs', 'ext4']);
});

test('names match with - and _ alike and with compressed modules; what is built in is left out', (t) => {
  const dep = parseModulesDep(
    'kernel/drivers/block/virtio_blk.ko: kernel/drivers/virtio/virtio.ko\n' +
      'kernel/drivers/virtio/virtio.ko:\nkernel/arch/crc32c-intel.ko.xz:\nkernel/fs/ext4.ko: kernel/fs/jbd2.ko kernel/lib/crc16.ko\n',
  );
  t.deepEqual(
    [...withDependencies(['virtio-blk', 'crc32c_intel', 'loop'], dep)],
    [
      'kernel/drivers/block/virtio_blk.ko',
      'kernel/drivers/virtio/virtio.ko',
      'kernel/arch/crc32c-intel.ko.xz',
    ],
  );
});

test('the chosen modules are closed under what modules.dep says they need', (t) => {
  const graphs = fc.integer({ min: 1, max: 12 }).chain((count) =>
    fc.record({
      // depmod writes all that a module needs, not only the first step: a graph in one direction, closed.
      edges: fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1)), { maxLength: 20 }),
      wanted: fc.array(fc.nat(count - 1), { maxLength: 5 }),
      count: fc.constant(count),
    }),
  );
  fc.assert(
    fc.property(graphs, ({ edges, wanted, count }) => {
      const path = (n: number) => `kernel/m${n}.ko`;
      const needs = Array.from({ length: count }, () => new Set<number>());
      for (let from = count - 1; from >= 0; from--)
        for (const [a, b] of edges)
          if (a === from && b > a) for (const each of [b, ...(needs[b] ?? [])]) needs[a]?.add(each);
      const text = needs.map((set, n) => `${path(n)}: ${[...set].map(path).join(' ')}\n`).join('');
      const dep = parseModulesDep(text);
      t.is(dep.size, count);
      const found = withDependencies(
        wanted.map((n) => `m${n}`),
        dep,
      );
      for (const n of wanted) t.true(found.has(path(n)));
      for (const one of found) for (const need of dep.get(one) ?? []) t.true(found.has(need));
    }),
  );
});

test('packed modules, as other distributions have them, are unpacked for busybox', async (t) => {
  const [from, to] = [await folder(t), await folder(t)];
  const { files, processes } = realHost;
  for (const [ending, pack] of [
    ['', undefined],
    ['.xz', ['xz']],
    ['.gz', ['gzip']],
    ['.zst', ['zstd', '-q', '--rm']],
  ] as const) {
    await files.makeDir(`${from}/kernel`);
    await files.write(`${from}/kernel/a.ko`, 'a module');
    if (pack !== undefined) await processes.run(pack[0], [...pack.slice(1), `${from}/kernel/a.ko`]);
    t.is(await copyModule(realHost, from, to, `kernel/a.ko${ending}`), 'kernel/a.ko');
    t.is(await files.readText(`${to}/kernel/a.ko`), 'a module', ending);
    t.deepEqual(await files.list(`${to}/kernel`), ['a.ko']);
    await files.remove(`${to}/kernel`);
    await files.remove(`${from}/kernel`);
  }
});

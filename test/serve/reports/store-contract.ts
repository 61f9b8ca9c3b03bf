/** What every store of reports promises, whatever it is kept in. */
import type { ExecutionContext } from 'ava';
import type { Entry, EntryName } from '../../../src/serve/reports/history.ts';
import type { ReportStore } from '../../../src/serve/reports/store.ts';

const entry = (name: EntryName, at: number, boot: string): Entry => ({ name, at, boot });

/** `one` and `other` are two replicas, or the same store twice. */
export async function keepsReports(t: ExecutionContext, one: ReportStore, other: ReportStore): Promise<void> {
  t.deepEqual(await one.get('node1'), []);
  t.deepEqual([...(await one.list())], []);
  t.like(await one.changes(0), { end: 0, machines: [] });
  const [medium, disk] = [
    entry('booted-medium', 1_764_500_000_123, 'm1'),
    entry('booted-disk', 1_764_500_000_456, "d'1"),
  ];
  t.true(await one.add('node1', medium));
  t.false(await other.add('node1', { ...medium, at: 9 }));
  const { end } = await other.changes(0);
  t.true(await other.add('node1', disk));
  t.true(await other.add('node2', medium));
  t.deepEqual(await one.get('node1'), [medium, disk]);
  t.deepEqual(
    [...(await one.list())].toSorted(([a], [b]) => a.localeCompare(b)),
    [
      ['node1', [medium, disk]],
      ['node2', [medium]],
    ],
  );
  const later = await one.changes(end);
  t.deepEqual(later.machines.toSorted(), ['node1', 'node2']);
  t.deepEqual(await one.changes(later.end), { end: later.end, machines: [] });
  t.is((await one.key()).length, 32);
  t.deepEqual(Buffer.from(await other.key()), Buffer.from(await one.key()));
  await t.notThrowsAsync(oneTakes([one, other]).then((count) => t.is(count, 1)));
  // The newest are kept.
  for (let count = 0; count < 100; count += 1)
    await one.add('node1', entry('booted-medium', count, `b${count}`));
  const kept = await other.get('node1');
  t.is(kept.length, 100);
  t.deepEqual(kept.at(-1), entry('booted-medium', 99, 'b99'));
}

/** How many of twenty that ask at the same moment get it. */
export async function oneTakes(stores: readonly ReportStore[], text = 'node1 once'): Promise<number> {
  const asked = Array.from({ length: 20 }, (_, index) => stores[index % stores.length]?.take(text));
  return (await Promise.all(asked)).filter((got) => got === true).length;
}

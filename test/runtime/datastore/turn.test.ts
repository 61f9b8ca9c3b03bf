/** What becomes of the datastore, for each state in which a start can find it. */
import test from 'ava';
import { type Seen, type Turn, turnOf } from '../../../src/runtime/datastore/turn.ts';
import type { DatastoreRecord } from '../../../src/upgrade/datastore/record.ts';

const kept = { dcp: 'v1', at: 'x', bytes: 1 };
const record = (owner: string, more: Partial<DatastoreRecord> = {}): DatastoreRecord => ({
  ...{ v: 1, owner, aside: [] },
  ...more,
});
const seen = (more: Partial<Seen>): Seen => ({
  ...{ dcp: 'v2', exists: true, record: undefined, keptExists: false, presumed: 'v2' },
  ...more,
});

const cases: readonly (readonly [string, Partial<Seen>, Turn])[] = [
  ['nothing there, nothing recorded', { exists: false }, { do: 'none' }],
  ['the first start that records', {}, { do: 'adopt' }],
  ['the first start of a new DCP', { presumed: 'v1' }, { do: 'keep', owner: 'v1' }],
  ['the deployment before had no DCP', { presumed: null }, { do: 'adopt' }],
  ['the same DCP', { record: record('v2') }, { do: 'none' }],
  ['the same DCP, with something kept', { record: record('v2', { kept }), keptExists: true }, { do: 'none' }],
  ['another DCP', { record: record('v1') }, { do: 'keep', owner: 'v1' }],
  [
    'what is recorded counts, not what is presumed',
    { record: record('v1'), presumed: 'v2' },
    { do: 'keep', owner: 'v1' },
  ],
  ['a return', { dcp: 'v1', record: record('v2', { kept }), keptExists: true }, { do: 'set-back' }],
  [
    'a return to a lost datastore',
    { dcp: 'v1', exists: false, record: record('v2', { kept }), keptExists: true },
    { do: 'set-back' },
  ],
  [
    'a return whose copy a person took away',
    { dcp: 'v1', record: record('v2', { kept }) },
    { do: 'keep', owner: 'v2' },
  ],
  [
    'a third DCP, while something is kept',
    { dcp: 'v3', record: record('v2', { kept }), keptExists: true },
    { do: 'keep', owner: 'v2' },
  ],
  ['a datastore that a person removed', { record: record('v1'), exists: false }, { do: 'adopt' }],
  [
    'a return that was cut short, whatever starts',
    {
      record: record('v2', {
        kept,
        settingBack: { dcp: 'v1', aside: { ...kept, name: 'a', automatic: true } },
      }),
    },
    { do: 'finish' },
  ],
];

for (const [name, given, expected] of cases)
  test(name, (t) => {
    t.deepEqual(turnOf(seen(given)), expected);
  });

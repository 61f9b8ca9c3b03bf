/** Plans that we write: valid whatever is asked for, and what each of their parts says. */
import test from 'ava';
import fc from 'fast-check';
import { parseAllDocuments } from 'yaml';
import { days } from '../../src/formats/time/window.ts';
import { type Manifest, manifests } from '../../src/kubernetes/plan/objects.ts';
import { renderPlans } from '../../src/kubernetes/plan/render.ts';
import {
  defaultDrain,
  defaultImage,
  defaultSelector,
  type PlanRequest,
  roles,
} from '../../src/kubernetes/plan/request.ts';
import { runs } from '../properties.ts';
import { request } from './plan-request.ts';
import { faultsIn } from './plan-text.ts';

type Fields = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
const ofKind = (kind: string, changes: Partial<PlanRequest> = {}) =>
  manifests({ ...request, ...changes }).filter((one) => one.kind === kind) as readonly (Manifest & Fields)[];
const specOf = (changes: Partial<PlanRequest> = {}) => ofKind('Plan', changes)[0]?.spec ?? {};

test('whatever is asked for, the Plans have no fault and come back as they were made', (t) => {
  const word = fc.constantFrom('a', 'yes', 'on', '0400', '1.10', 'null', 'v0.2.0');
  const asked = fc.record({
    source: fc.oneof(
      word.map((version) => ({ version })),
      fc.constant({ channel: 'https://x.example/latest' }),
    ),
    roles: fc.subarray([...roles]),
    concurrency: fc.integer({ min: 1, max: 9 }),
    selector: fc.array(
      word.map((value) => ({ key: `example.com/${value}`, operator: 'In' as const, values: [value] })),
      { minLength: 1 },
    ),
    tolerations: fc.array(
      word.map((value) => ({ key: 'k', operator: 'Equal' as const, value, effect: 'NoExecute' })),
    ),
    before: fc.oneof(
      fc.constantFrom('cordon' as const, 'nothing' as const),
      fc
        .record({
          timeout: fc.nat(3000),
          gracePeriod: fc.constantFrom(undefined, -1, 30),
          ignoreDaemonSets: fc.constant(true),
          deleteEmptydirData: fc.boolean(),
          force: fc.boolean(),
          disableEviction: fc.constant(false),
          skipWaitForDeleteTimeout: fc.nat(100),
          podSelector: fc.constantFrom([], [{ key: 'app', operator: 'Exists' as const }]),
        })
        .map((drain) => ({ drain })),
    ),
    window: fc.option(
      fc.record({
        days: fc.subarray([...days], { minLength: 1 }),
        startTime: fc.constantFrom('00:00', '02:00'),
        endTime: fc.constantFrom('03:00', '23:59'),
        timeZone: fc.constantFrom(undefined, 'Europe/Berlin'),
      }),
      { nil: undefined },
    ),
    gate: fc.option(
      fc.nat(3000).map((limit) => ({ limit })),
      { nil: undefined },
    ),
    pullSecrets: fc.array(fc.constant('login'), { maxLength: 1 }),
  });
  fc.assert(
    fc.property(asked, (changes) => {
      const whole = { ...request, ...changes };
      const text = renderPlans(whole);
      t.deepEqual(faultsIn(text), []);
      const read = parseAllDocuments(text).map((document) => document.toJS());
      t.deepEqual(read, JSON.parse(JSON.stringify(manifests(whole))));
    }),
    { numRuns: runs(200) },
  );
});

test('a Plan for each role: servers one by one, workers as many as were asked for', (t) => {
  const plans = ofKind('Plan', { roles, concurrency: 3 });
  t.deepEqual(
    plans.map(({ metadata, spec }) => [metadata?.name, spec?.concurrency]),
    [
      ['bos-upgrade-control-plane', 1],
      ['bos-upgrade-workers', 3],
    ],
  );
  const selected = plans.map(({ spec }) => JSON.stringify(spec?.nodeSelector));
  const label = '"node-role.kubernetes.io/control-plane"';
  t.true(selected[0]?.includes(`{"key":${label},"operator":"Exists"}`));
  t.true(selected[1]?.includes(`{"key":${label},"operator":"DoesNotExist"}`));
  t.deepEqual(
    plans.map(({ spec }) => spec?.tolerations !== undefined),
    [true, false],
  );
});

test('the traps of a drain are written out of the way', (t) => {
  const drain = (changes: Partial<typeof defaultDrain>) =>
    specOf({ before: { drain: { ...defaultDrain, ...changes } } }).drain;
  t.deepEqual(drain({}), {
    timeout: '600s',
    ignoreDaemonSets: true,
    deleteEmptydirData: true,
    skipWaitForDeleteTimeout: 60,
  });
  t.deepEqual(
    drain({
      timeout: 0,
      skipWaitForDeleteTimeout: 0,
      deleteEmptydirData: false,
      gracePeriod: -1,
      force: true,
    }),
    {
      gracePeriod: -1,
      ignoreDaemonSets: true,
      deleteEmptydirData: false,
      force: true,
    },
  );
});

test('the account may do what its jobs do, and no more', (t) => {
  const rights = (changes: Partial<PlanRequest>) =>
    ofKind('ClusterRole', changes).map(({ rules }) =>
      (rules as unknown as readonly { resources: string[]; verbs: string[] }[]).map(
        ({ resources, verbs }) => `${resources}: ${verbs}`,
      ),
    );
  const gate = undefined;
  const drain = ['pods: get,list', 'pods/eviction: create', 'daemonsets: get'];
  t.deepEqual(rights({}), [['nodes: get,list,watch,patch', 'plans: get', ...drain]]);
  t.deepEqual(rights({ gate }), [['nodes: get,patch', ...drain]]);
  t.true(
    rights({ before: { drain: { ...defaultDrain, disableEviction: true } } })[0]?.includes(
      'pods: get,list,delete',
    ),
  );
  t.deepEqual(rights({ before: 'cordon', gate }), [['nodes: get,patch']]);
  t.deepEqual(rights({ before: 'nothing' }), [['nodes: get,list,watch,patch', 'plans: get']]);
  t.is(specOf({ before: 'cordon' }).cordon, true);
  t.deepEqual(rights({ before: 'nothing', gate }), []);
  t.is(manifests({ ...request, before: 'nothing', gate }).length, 1);
  t.deepEqual(
    ['serviceAccountName', 'cordon', 'drain', 'prepare'].filter(
      (name) => name in specOf({ before: 'nothing', gate }),
    ),
    [],
  );
});

test('the gate comes first, in the same image', (t) => {
  t.deepEqual(specOf({ gate: { limit: 90 } }).prepare, {
    image: defaultImage,
    args: ['upgrade', '--gate', '--source=/bos/system', '--destination=/host/bos/system', '--gate-limit=90s'],
  });
});

test('the job upgrades the node that it runs on', (t) => {
  t.deepEqual(specOf().upgrade, {
    image: defaultImage,
    args: [
      'upgrade',
      '--source=/bos/system',
      '--destination=/host/bos/system',
      '--lock-file=/host/run/bos/upgrade.lock',
      '--reboot',
    ],
  });
});

test('the old label, on request', (t) => {
  t.deepEqual(defaultSelector('old')[0], { key: 'plan.upgrade.bhojpur.net/bos-latest', operator: 'Exists' });
  t.deepEqual(defaultSelector('new')[0], { key: 'bhojpur.net/upgrade', operator: 'In', values: ['latest'] });
});

/** The ConfigMap palette-agent-config: its two forms, its units, and what is wrong with the one of the documentation. */
import test from 'ava';
import fc from 'fast-check';
import { type DrainParameters, drainParameters } from '../../../src/config/patch/drain-parameters.ts';
import { drainOf, readDrainConfig, renderDrainConfig } from '../../../src/patch/drain/config-map.ts';
import { documentedDrainConfig } from '../../palette/documented.ts';

test('the example of the documentation: its mistake is named, the rest is read', (t) => {
  const read = readDrainConfig(documentedDrainConfig);
  if (typeof read === 'string') return t.fail(read);
  t.deepEqual(read.faults, [
    'data.drain, timeout: is in nanoseconds: 600000000 is 0.6 s, in which no drain ends; for 600 s write 600000000000',
  ]);
  t.like(read.drain, {
    gracePeriod: 600,
    force: true,
    skipWaitForDeleteTimeout: 600,
    disableEviction: false,
  });
  t.is(read.drain.timeout, undefined);
  t.deepEqual(readDrainConfig(documentedDrainConfig.replace('600000000', '600000000000')), {
    drain: { ...read.drain, timeout: 600 },
    faults: [],
  });
});

test('dotted keys, as its table has them; JSON wins', (t) => {
  const dotted = {
    'drain.timeout': '600000000000',
    'drain.gracePeriod': '-1',
    'drain.force': 'true',
    'drain.ignoreDaemonSets': 'false',
  };
  t.deepEqual(drainOf(dotted), {
    drain: { timeout: 600, gracePeriod: -1, force: true, ignoreDaemonSets: false },
    faults: [],
  });
  t.is(drainOf({ ...dotted, drain: '{"gracePeriod": 30}' }).drain.gracePeriod, 30);
});

const faulty = test.macro({
  title: (_, text: string) => `faulty: ${text}`,
  exec: (t, text: string, fault: RegExp) => {
    const { drain, faults } = drainOf({ drain: text });
    t.deepEqual(drain, {});
    t.is(faults.length, 1);
    t.regex(faults[0] ?? '', fault);
  },
});
test(faulty, '{"timeout": 600}', /600 is 6e-7 s.*for 600 s write 600000000000/);
test(faulty, '{"timeout": 600000}', /for 600 s write 600000000000/);
test(faulty, '{"timeout": "600s"}', /a whole number of nanoseconds/);
test(faulty, '{"timeout": -1}', /must not be negative/);
test(faulty, '{"gracePeriod": 1.5}', /a whole number of seconds/);
test(faulty, '{"skipWaitForDeleteTimeout": -5}', /must not be negative/);
test(faulty, '{"force": "yes"}', /expected true or false/);
test(faulty, '{"timeOut": 1}', /is not a parameter of a drain/);
test(faulty, '[1]', /expected a JSON object/);
test(faulty, '{"timeout": 1,}', /expected a JSON object/);

test('a text without it, or that is something else', (t) => {
  t.regex(
    String(readDrainConfig('kind: ConfigMap\nmetadata: {name: other}\n')),
    /holds no ConfigMap palette-agent-config/,
  );
  t.regex(String(readDrainConfig('a: [\n')), /is not YAML/);
  t.regex(
    String(readDrainConfig('kind: Secret\nmetadata: {name: palette-agent-config}\n')),
    /must be a ConfigMap/,
  );
  const list = `{"kind":"List","items":[{"kind":"ConfigMap","metadata":{"name":"palette-agent-config"},"data":{"drain.force":"true"}}]}`;
  t.deepEqual(readDrainConfig(list), { drain: { force: true }, faults: [] });
});

test('what is written is read as the same', (t) => {
  const any: fc.Arbitrary<DrainParameters> = fc.record({
    timeout: fc.integer({ min: 0, max: 86_400 }),
    gracePeriod: fc.integer({ min: -1, max: 86_400 }),
    deleteLocalData: fc.boolean(),
    ignoreDaemonSets: fc.boolean(),
    force: fc.boolean(),
    disableEviction: fc.boolean(),
    skipWaitForDeleteTimeout: fc.integer({ min: 0, max: 86_400 }),
  });
  fc.assert(
    fc.property(any, (drain) => {
      t.deepEqual(readDrainConfig(renderDrainConfig('64ab12', drain)), { drain, faults: [] });
    }),
  );
  t.regex(
    renderDrainConfig('64ab12', drainParameters({ timeout: 600 })),
    /namespace: cluster-64ab12[\s\S]*"timeout": 600000000000/,
  );
});

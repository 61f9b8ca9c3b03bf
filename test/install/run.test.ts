import test from 'ava';
import { prepareInstall } from '../../src/install/prepare.ts';
import { type ApprovedPlan, install } from '../../src/install/run.ts';
import type { Event } from '../../src/plan/events.ts';
import { facts, liveHost, request } from './fixtures.ts';

const quiet = { emit: () => {} };

test('a dry run shows the plan and runs nothing', async (t) => {
  const host = liveHost();
  let shown: ApprovedPlan | undefined;
  const result = await install(host, request({ dryRun: true, silent: false }), facts(), {
    ...quiet,
    onDryRun: (prepared) => {
      shown = prepared;
    },
  });
  t.false(result.installed);
  t.is(shown?.plan.steps.at(-1)?.kind, 'mark-valid');
  t.deepEqual(host.ran, []);
});

test('without silent and without anybody to ask it is refused, and says which flag to give', async (t) => {
  const host = liveHost();
  const error = await t.throwsAsync(install(host, request({ silent: false }), facts(), quiet), {
    code: 'consent-missing',
  });
  t.regex((error as { hint?: string }).hint ?? '', /opsctl install \/dev\/vda --silent/);
  t.deepEqual(host.ran, []);
});

test('what somebody has agreed to is what is carried out', async (t) => {
  const host = liveHost({ files: { '/sys/class/block/vda/size': '2048\n' } });
  const asked = request({ silent: false });
  const agreed = await prepareInstall(host, asked, facts());
  const events: Event[] = [];
  const emit = (event: Event) => void events.push(event);
  // The facts of a second look are not used any more: these would be refused.
  await t.throwsAsync(install(host, asked, facts({ disks: [] }), { emit, agreed }), { code: 'disk-changed' });
  const [plan] = events;
  t.deepEqual(
    plan?.type === 'plan' && plan.steps.map(({ id }) => id),
    agreed.plan.steps.map(({ id }) => id),
  );
});

test('a disk that changed after the plan was made is refused, nothing runs, the configuration is not left behind', async (t) => {
  const host = liveHost({ files: { '/sys/class/block/vda/size': '2048\n' } });
  const events: Event[] = [];
  const emit = (event: Event) => void events.push(event);
  await t.throwsAsync(install(host, request(), facts(), { emit }), { code: 'disk-changed' });
  t.deepEqual(host.ran, []);
  t.deepEqual(
    events.map((event) => event.type),
    ['plan'],
  );
  t.deepEqual(host.tree('/tmp'), {});
});

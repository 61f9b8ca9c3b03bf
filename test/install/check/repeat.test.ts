/** An unattended request meets what it has installed itself. */
import test from 'ava';
import { renderBootEnvironment } from '../../../src/boot/environment.ts';
import type { DiskContent } from '../../../src/disk/facts.ts';
import { OpsError } from '../../../src/errors.ts';
import { checkInstall } from '../../../src/install/check/check.ts';
import { planInstall } from '../../../src/install/plan.ts';
import { againOf, identified } from '../../../src/install/request.ts';
import { partition } from '../../disk/facts.ts';
import { disk, facts, liveHost, planInput, request } from '../fixtures.ts';

const id = '0123456789abcdef';
const esp = partition('/dev/vda2', { number: 2, signature: { type: 'vfat', label: 'BOS_GRUB' } });

interface Row {
  readonly content: DiskContent;
  /** Of the request; none for a person's. */
  readonly asks?: string;
  /** Of the installation. */
  readonly madeBy?: string;
  readonly always?: boolean;
  /** Undefined: it goes on. */
  readonly code?: string;
}

const meets = test.macro(async (t, { content, asks, madeBy, always = false, code }: Row) => {
  const block = renderBootEnvironment({
    ...{ mark: 'valid', stateUuid: 'u', kernel: 'k', os: 'o', dcp: null, others: {} },
    ...(madeBy === undefined ? {} : { request: madeBy }),
  });
  const host = liveHost({ tools: { mtype: () => Buffer.from(block).toString() } });
  const machine = facts({ disks: [disk({ content, partitions: [esp] })] });
  const asked = identified(request({ device: '/dev/vda', always }), asks);
  const error = await checkInstall(host, asked, machine).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (code === undefined) return t.is(error, undefined);
  if (!(error instanceof OpsError)) return t.fail(String(error));
  t.is(error.code, code);
  t.is(error.kind, 'refused');
  t.regex(error.hint ?? '', /bos\.install\.always/);
});

test('what it has installed is left alone', meets, {
  ...{ content: 'bhojpur', asks: id, madeBy: id },
  code: 'installed-already',
});
const byFile = (file: string) => `${id}.${file.repeat(16)}`;
test("what the medium's file has installed, too", meets, {
  ...{ content: 'bhojpur', asks: byFile('a'), madeBy: byFile('a') },
  code: 'installed-already',
});
test('and when the file says more since', meets, {
  ...{ content: 'bhojpur', asks: byFile('a'), madeBy: byFile('b') },
  code: 'installed-already',
});
test('also by a version that kept only the words', meets, {
  ...{ content: 'bhojpur', asks: byFile('a'), madeBy: id },
  code: 'installed-already',
});
test('other words of a file install', meets, {
  ...{ content: 'bhojpur', asks: byFile('a'), madeBy: `${'f'.repeat(16)}.${'a'.repeat(16)}` },
});
test('unless always is asked for', meets, { content: 'bhojpur', asks: id, madeBy: id, always: true });
test('a changed request installs', meets, { content: 'bhojpur', asks: id, madeBy: 'f'.repeat(16) });
test('over what a person installed too', meets, { content: 'bhojpur', asks: id });
test('a person may install over anything', meets, { content: 'bhojpur', madeBy: id });
test('what is damaged is left alone, whoever made it', meets, {
  ...{ content: 'damaged', asks: id },
  code: 'installation-damaged',
});
test('what is damaged, with always', meets, { content: 'damaged', asks: id, always: true });
test('a person may install over what is damaged', meets, { content: 'damaged' });
test('what was not finished is taken', meets, { content: 'unfinished', asks: id, madeBy: id });

test('what the next boot does with the same request', (t) => {
  t.deepEqual(againOf(request({ always: true })), {});
  t.deepEqual(againOf(identified(request({ silent: true }), id)), { again: 'starts' });
  t.deepEqual(againOf(identified(request({ silent: true, always: true }), id)), { again: 'installs' });
});

test('only a silent request has an id', (t) => {
  t.is(identified(request({ silent: true }), id).id, id);
  t.is(identified(request({ silent: false }), id).id, undefined);
  t.is(identified(request({ silent: true }), undefined).id, undefined);
  t.is(identified(request({ silent: true }), '').id, undefined);
});

test('the id comes with the mark: first in what says installing, then in what says valid', (t) => {
  const { steps } = planInstall(planInput({ request: { debug: false, id } }));
  const environments = steps.flatMap((step) => ('environment' in step ? [step] : []));
  t.deepEqual(
    environments.map((step) => [step.kind, step.environment.request]),
    [
      ['format-esp', id],
      ['mark-valid', id],
    ],
  );
});

/** How an operation ends: what is said of the target, and what could not be cleaned up. */
import test from 'ava';
import { OpsError, refused } from '../../src/errors.ts';
import { withReportPlace, withState, withTemporary } from '../../src/operation/outcome.ts';

test('a refusal says that nothing was touched, once', (t) => {
  const said = withState(refused('a', 'no', { hint: 'Do that.' }));
  t.like(said, { kind: 'refused', code: 'a', message: 'no', hint: 'Do that. Nothing was touched.' });
  t.is(withState(said), said);
  const broken = new OpsError('broken', 'a', 'no');
  t.is(withState(broken), broken);
});

test('what the operating system refuses is a refusal; anything else stays a bug', (t) => {
  const full = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });
  t.like(withState(full), { kind: 'refused', code: 'machine-failed', hint: 'Nothing was touched.' });
  const bug = new TypeError('x is undefined');
  t.is(withState(bug), bug);
});

test('only what failed while the target was worked on is worth a report', (t) => {
  t.deepEqual((withReportPlace(new OpsError('undone', 'a', 'no'), 'there') as OpsError).details, ['there']);
  t.deepEqual((withReportPlace(refused('a', 'no'), 'there') as OpsError).details, []);
});

const temporary = (remove: () => Promise<void>) => ({
  what: '/tmp/x',
  remove,
  cleanupFailed: 'All is well.',
});
const stuck = temporary(() => Promise.reject(new Error('EIO')));

test('what is temporary goes, whatever comes of the work', async (t) => {
  let removed = 0;
  const counted = temporary(async () => {
    removed += 1;
  });
  t.is(await withTemporary(counted, async () => 'done'), 'done');
  const error = new Error('no');
  t.is(await t.throwsAsync(withTemporary(counted, () => Promise.reject(error))), error);
  t.is(removed, 2);
});

test('what stays behind is said, and hides nothing', async (t) => {
  await t.throwsAsync(
    withTemporary(stuck, async () => {}),
    { instanceOf: OpsError, code: 'release-failed', message: '/tmp/x could not be removed: EIO' },
  );
  const broken = new OpsError('broken', 'disk-gone', 'the disk is gone', { details: ['sda'], hint: 'Look.' });
  const error = await t.throwsAsync(withTemporary(stuck, () => Promise.reject(broken)));
  const hint = 'Look. Remove by hand what could not be removed.';
  t.like(error, { kind: 'broken', code: 'disk-gone', message: 'the disk is gone', hint });
  t.deepEqual((error as OpsError).details, ['sda', '/tmp/x could not be removed: EIO']);
  // Whatever the work itself had put back.
  for (const [message, said] of [
    ['Interrupted; nothing was changed.', 'Interrupted'],
    ['no', 'no'],
  ] as const) {
    const undone = new OpsError('undone', 'a', message, { hint: 'Look. Nothing was changed.' });
    const left = await t.throwsAsync(withTemporary(stuck, () => Promise.reject(undone)));
    t.like(left, { kind: 'broken', message: said });
    t.is((left as OpsError).hint, hint);
  }
  await t.throwsAsync(
    withTemporary(stuck, () => Promise.reject(new Error('no'))),
    { message: 'no; /tmp/x could not be removed: EIO' },
  );
});

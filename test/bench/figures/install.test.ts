/** What the figure of the install reads from a machine. */
import test from 'ava';
import { stepTimes } from '../../../bench/figures/install.ts';
import { elapsed } from '../../../bench/in-live.ts';

const step = (id: string, ms: number) => JSON.stringify({ v: 1, at: 1, type: 'step-end', id, ok: true, ms });
const result = (ok: boolean, message: string) =>
  JSON.stringify({ v: 1, at: 1, type: 'result', ok, exitCode: ok ? 0 : 5, message });

test('the time between two readings', (t) => {
  t.is(elapsed('noise\nfrom 10.25 to 12.5\n'), 2250);
  t.throws(() => elapsed('from nothing'), { message: /no times/ });
});

test('steps in their order', (t) => {
  const output = ['{"v":1,"unknown":true}', step('copy', 1200), step('verify', 800), result(true, 'done')];
  t.deepEqual(
    [...stepTimes(`from 1 to 2\n${output.join('\n')}\n`)],
    [
      ['copy', 1200],
      ['verify', 800],
    ],
  );
});

test('an install that failed is no measurement', (t) => {
  t.throws(() => stepTimes(`${step('copy', 1)}\n${result(false, 'the disk is gone')}`), {
    message: 'the disk is gone',
  });
  t.throws(() => stepTimes(step('copy', 1)), { message: /did not end well/ });
});

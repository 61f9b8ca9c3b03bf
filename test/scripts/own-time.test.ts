/** A limit of time that leaves out what the machine was busy with otherwise. */
import test from 'ava';
import { afterOwnTime } from '../../scripts/mutate/own-time.ts';

/** Milliseconds until it is called when so many of each millisecond are spent waiting for a processor. */
function after(limitMs: number, share: number): Promise<number> {
  const start = performance.now();
  return new Promise((resolve) => {
    afterOwnTime(
      limitMs,
      () => resolve(performance.now() - start),
      () => (performance.now() - start) * share,
    );
  });
}

test('on an idle machine it is the limit', async (t) => {
  const took = await after(100, 0);
  t.true(took >= 95, `${took}`);
});

test('what is spent waiting for a processor does not count; of all of it a sixth does', async (t) => {
  const half = await after(100, 0.5);
  t.true(half >= 195, `${half}`);
  const all = await after(100, 1);
  t.true(all >= 595, `${all}`);
});

test('it can be stopped, by the system’s own figures too', async (t) => {
  let late = false;
  const stop = afterOwnTime(20, () => {
    late = true;
  });
  stop();
  await after(60, 0);
  t.false(late);
});

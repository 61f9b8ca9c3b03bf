/** As in the short tests, with many more of the calls. */
import test from 'ava';
import { failingEvery } from './old-system.ts';

test('every seventh call fails: everything is as it was; cut off, the old system starts and the same starts over', (t) =>
  failingEvery(t, 7));

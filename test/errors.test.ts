/** What is said of anything thrown. */
import test from 'ava';
import { errorCode, messageOf, messageWithDetails, OpsError } from '../src/errors.ts';

test('messages of anything thrown', (t) => {
  t.is(messageOf(new Error('no')), 'no');
  t.is(messageOf('no'), 'no');
  t.is(messageOf(undefined), 'undefined');
  const error = new OpsError('undone', 'tool-failed', 'mount failed', { details: ['no such device', 'sda'] });
  t.is(messageWithDetails(error), 'mount failed (no such device; sda)');
  t.is(messageWithDetails(new Error('no')), 'no');
});

test('codes of anything thrown', (t) => {
  t.is(errorCode(Object.assign(new Error('gone'), { code: 'ENOENT' })), 'ENOENT');
  t.is(errorCode(new OpsError('refused', 'disk-too-small', 'too small')), 'disk-too-small');
  for (const none of [new Error('no'), undefined, null, 'ENOENT', { code: 2 }])
    t.is(errorCode(none), undefined);
});

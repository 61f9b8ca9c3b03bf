/** What leaves an operation holds no secret, wherever in an error it stood; the rest of it is kept. */
import { inspect } from 'node:util';
import test from 'ava';
import { OpsError } from '../../src/errors.ts';
import { ToolFailed } from '../../src/host/tool-failed.ts';
import { redactedError, redactedValue } from '../../src/operation/redacted.ts';

const redact = (text: string) => text.replaceAll('hush', '(hidden)');
const shown = (value: unknown) => inspect(value, { depth: null, maxStringLength: null, showHidden: true });

test('a secret is hidden wherever it stands in an error', (t) => {
  const stacked = new Error('no');
  stacked.stack = `Error: no\n    at hush (file.ts)`;
  const failed = { command: 'mount', args: [] as string[], exitCode: 32, stdout: '', stderr: '' };
  const errors: Readonly<Record<string, unknown>> = {
    'a text': 'is it hush?',
    'the message': new Error('it is hush'),
    'a stack': stacked,
    'the message of one of ours': new OpsError('broken', 'a', 'it is hush'),
    'the hint': new OpsError('broken', 'a', 'no', { hint: 'say hush' }),
    'the details': new OpsError('broken', 'a', 'no', { details: ['one', 'hush'] }),
    'the cause': new OpsError('broken', 'a', 'no', { cause: new Error('no', { cause: new Error('hush') }) }),
    'an argument': new ToolFailed({ ...failed, args: ['hush'] }),
    'what it wrote': new ToolFailed({ ...failed, stdout: 'hush\nhush', stderr: 'no' }),
    'what it complained of': new ToolFailed({ ...failed, stderr: `hush\n${'line\n'.repeat(20)}` }),
  };
  for (const [where, error] of Object.entries(errors)) {
    t.regex(shown(error), /hush/, where);
    t.notRegex(shown(redactedError(error, redact)), /hush/, where);
  }
});

test('what is not secret is told as before', (t) => {
  const cause = new Error('why');
  const error = new OpsError('broken', 'disk-gone', 'it is hush', {
    hint: 'Say hush.',
    details: ['sda', 'hush'],
    cause,
  });
  const redacted = redactedError(error, redact) as OpsError;
  t.true(redacted instanceof OpsError);
  t.like(redacted, { kind: 'broken', code: 'disk-gone', message: 'it is (hidden)', hint: 'Say (hidden).' });
  t.deepEqual(redacted.details, ['sda', '(hidden)']);
  t.is(redacted.cause, cause, 'a cause without secrets is the same');
  t.is(redacted.stack, redact(error.stack ?? ''));
  const bare = redactedError(new OpsError('refused', 'a', 'hush'), redact) as OpsError;
  t.is(bare.hint, undefined);
  const plain = redactedError(new TypeError('hush'), redact) as Error;
  t.false(plain instanceof OpsError);
  t.is(plain.message, '(hidden)');
});

test('what holds none stays the very same, and what is no error, too', (t) => {
  const error = new OpsError('broken', 'a', 'no', {
    hint: 'Look.',
    details: ['sda'],
    cause: new Error('why'),
  });
  t.is(redactedError(error, redact), error);
  const tool = new ToolFailed({ command: 'mount', args: ['x'], exitCode: 1, stdout: 'y', stderr: 'z' });
  t.is(redactedError(tool, redact), tool);
  for (const value of [undefined, null, 5]) t.is(redactedError(value, redact), value);
});

test('in plain data every text is looked at, and everything else is kept', (t) => {
  const value = { text: 'hush', list: ['a hush', 1, null, { deep: 'hush' }], yes: true, none: undefined };
  t.deepEqual(redactedValue(value, redact), {
    ...{ text: '(hidden)', list: ['a (hidden)', 1, null, { deep: '(hidden)' }] },
    ...{ yes: true, none: undefined },
  });
  t.is(redactedValue('hush', redact), '(hidden)');
});

/** The body of an answer: whole and not too long, and the connection let go however it ends. */
import test from 'ava';
import type { HttpStream } from '../../src/host/ports.ts';
import { wholeBody } from '../../src/oci/answers.ts';

function answerOf(pieces: readonly (string | Error)[]) {
  let closed = 0;
  const body = (async function* () {
    for (const piece of pieces) {
      if (piece instanceof Error) throw piece;
      yield Buffer.from(piece);
    }
  })();
  const answer = { body, close: () => (closed += 1) } as unknown as HttpStream;
  return { answer, closed: () => closed };
}
const tooLong = () => new Error('too long');

test('whole', async (t) => {
  const { answer, closed } = answerOf(['one', ' two']);
  t.is(`${await wholeBody(answer, 7, tooLong)}`, 'one two');
  t.is(closed(), 1);
});

test('one byte too long', async (t) => {
  const { answer, closed } = answerOf(['one', ' two']);
  await t.throwsAsync(wholeBody(answer, 6, tooLong), { message: 'too long' });
  t.is(closed(), 1);
});

test('cut off', async (t) => {
  const { answer, closed } = answerOf(['one', new Error('reset')]);
  await t.throwsAsync(wholeBody(answer, 7, tooLong), { message: 'reset' });
  t.is(closed(), 1);
});

/** The prompt that looks at what is typed, over streams instead of a terminal. */
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import test from 'ava';
import { type TextPrompt, textPrompt } from '../../../src/cli/terminal/text-prompt.ts';

function typing(question: TextPrompt, signal?: AbortSignal) {
  const input = new PassThrough();
  const output = new PassThrough();
  let screen = '';
  output.on('data', (chunk) => {
    screen += stripVTControlCharacters(String(chunk));
  });
  const answer = textPrompt(question, { input, output, ...(signal === undefined ? {} : { signal }) });
  return {
    answer,
    /** What was drawn since the last call, once the keys have been taken. */
    async keys(text: string): Promise<string> {
      input.write(text);
      for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
      const drawn = screen;
      screen = '';
      return drawn;
    },
  };
}

const digits = (value: string) => (/^\d+$/.test(value) ? undefined : 'expected digits');

test('says while it is typed what is wrong, until it fits', async (t) => {
  const { answer, keys } = typing({ message: 'How many?', hint: digits });
  t.regex(await keys('a'), /How many\? a\nexpected digits/);
  t.notRegex(await keys('\x7f1'), /expected digits/);
  await keys('\r');
  t.is(await answer, '1');
});

test('Enter checks for good, keeps what was typed and says why', async (t) => {
  const { answer, keys } = typing({ message: 'How many?', validate: (value) => digits(value) ?? true });
  t.regex(await keys('1x\r'), /> expected digits/);
  await keys('\x7f\r');
  t.is(await answer, '1');
});

test('Enter alone answers the default, which is shown', async (t) => {
  const { answer, keys } = typing({ message: 'How many?', default: '7' });
  t.regex(await keys(''), /How many\? \(7\)/);
  await keys('\r');
  t.is(await answer, '7');
});

test('a line that is too long is broken between words', async (t) => {
  const why = `expected ${'one of these '.repeat(9)}words`;
  const { answer, keys } = typing({ message: 'How many?', validate: (value) => value === '1' || why });
  const drawn = await keys('x\r');
  t.true(drawn.split('\n').every((line) => line.trim().length <= 80));
  t.true(drawn.replaceAll(/\s+/g, ' ').includes(why));
  await keys('\x7f1\r');
  await answer;
});

const endsWhileChecked = test.macro(async (t, verdict: () => Promise<true | string>) => {
  const escaped = new AbortController();
  let told: AbortSignal | undefined;
  let finish = () => {};
  const checking = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const validate: TextPrompt['validate'] = async (_value, signal) => {
    told = signal;
    await checking;
    return verdict();
  };
  const { answer, keys } = typing({ message: 'How many?', validate }, escaped.signal);
  await keys('1\r');
  t.false(told?.aborted);
  escaped.abort();
  await t.throwsAsync(answer, { name: 'AbortPromptError' });
  t.true(told?.aborted);
  await keys('');
  finish();
  // Anything that is thrown now would end the program.
  t.is(await keys(''), '');
});
test(
  'Esc while an answer is checked that then proves wrong',
  endsWhileChecked,
  async () => 'expected digits',
);
test('Esc while an answer is checked that then proves right', endsWhileChecked, async () => true);
test('Esc while an answer is checked, and the check is cut off', endsWhileChecked, () =>
  Promise.reject(new Error('aborted')),
);

import test from 'ava';
import type { Ask } from '../../../src/cli/terminal/ask.ts';
import { type Conversation, withWayBack } from '../../../src/cli/terminal/way-back.ts';
import { exitCodeOf } from '../../../src/errors.ts';
import { ctrlC, esc, type Script, scriptedAsk } from '../commands/install/scripted-ask.ts';

/** Three questions with a branch, something done and something said in between. */
async function flow(talk: Conversation, done: string[]): Promise<string> {
  const kind = await talk.select({
    message: 'kind',
    choices: ['tree', 'flower'].map((name) => ({ name, value: name })),
  });
  const size = kind === 'tree' ? await talk.input({ message: 'height' }) : 'small';
  await talk.once(async () => void done.push(`look for a ${size} ${kind}`));
  talk.tell(`There is a ${kind}.`);
  const colour = await talk.input({ message: 'colour', default: 'green' });
  return `${size} ${colour} ${kind}`;
}

async function held(...script: Script) {
  const ask = scriptedAsk(...script);
  const done: string[] = [];
  const told: string[] = [];
  const result = await withWayBack(
    ask,
    (text) => told.push(text),
    (talk) => flow(talk, done),
  );
  return { result, done, told, heard: ask.heard, left: ask.left };
}

test('without Esc it is a function as any other', async (t) => {
  const { result, done, told } = await held([/kind/, 'tree'], [/height/, 'tall'], [/colour/, 'red']);
  t.is(result, 'tall red tree');
  t.deepEqual(done, ['look for a tall tree']);
  t.deepEqual(told, ['There is a tree.']);
});

test('Esc asks the question before again, offers its answer, and does again what came in between', async (t) => {
  const { result, done, told, left } = await held(
    [/kind/, 'tree'],
    [/height/, 'tall'],
    [/colour/, esc],
    // Enter: what was answered before.
    [/height/, ''],
    [/colour/, 'red'],
  );
  t.is(result, 'tall red tree');
  t.deepEqual(done, ['look for a tall tree', 'look for a tall tree']);
  t.is(told.length, 2);
  t.deepEqual(left, []);
});

test('Esc twice goes two questions back, and another branch has other questions', async (t) => {
  const { result, heard } = await held(
    [/kind/, 'tree'],
    [/height/, 'tall'],
    [/colour/, esc],
    [/height/, esc],
    [/kind/, 'flower'],
    [/colour/, ''],
  );
  t.is(result, 'small green flower');
  t.deepEqual(heard, ['kind', 'height', 'colour', 'height', 'kind', 'colour']);
});

test('an earlier answer is offered for its own question alone', async (t) => {
  const { result } = await held(
    [/kind/, 'tree'],
    [/height/, esc],
    [/kind/, ''],
    [/height/, ''],
    [/colour/, ''],
  );
  t.is(result, ' green tree');
});

test('a secret is typed again, and is no answer for what follows', async (t) => {
  const ask = scriptedAsk(
    [/first/, 'a'],
    [/secret/, 'x'],
    [/last/, esc],
    [/secret/, 'y'],
    [/last/, esc],
    [/secret/, esc],
    [/first/, ''],
    [/secret/, 'z'],
    [/last/, ''],
  );
  const answers = await withWayBack(
    ask,
    () => {},
    async (talk) => [
      await talk.input({ message: 'first' }),
      await talk.password({ message: 'secret' }),
      await talk.input({ message: 'last', default: 'end' }),
    ],
  );
  t.deepEqual(answers, ['a', 'z', 'end']);
});

test('Esc at the first question leaves, Ctrl-C at any', async (t) => {
  const left = { code: 'left', message: /nothing was written/ };
  await t.throwsAsync(held([/kind/, esc]), left);
  await t.throwsAsync(held([/kind/, 'tree'], [/height/, esc], [/kind/, esc]), left);
  await t.throwsAsync(held([/kind/, ctrlC]), left);
  const error = await t.throwsAsync(held([/kind/, 'tree'], [/height/, ctrlC]), left);
  t.is(exitCodeOf(error), 130);
});

test('a question knows when none comes before it, whatever is said and done before', async (t) => {
  const seen: unknown[] = [];
  const plain = scriptedAsk([/one/, 'a'], [/two/, esc], [/one/, ''], [/two/, '']);
  const ask: Ask = {
    ...plain,
    select: (question) => {
      seen.push([question.message, question.first]);
      return plain.select(question);
    },
  };
  const choices = [{ name: 'a', value: 'a' }];
  await withWayBack(
    ask,
    () => {},
    async (talk) => {
      talk.tell('There is a machine.');
      await talk.once(async () => 'a look at it');
      await talk.select({ message: 'one', choices });
      await talk.select({ message: 'two', choices });
    },
  );
  t.deepEqual(seen, [
    ['one', true],
    ['two', false],
    ['one', true],
    ['two', false],
  ]);
});

test('an answer that decided nothing is passed over', async (t) => {
  const ask = scriptedAsk(
    [/first/, 'a'],
    [/second/, 'look'],
    [/second/, esc],
    [/first/, 'b'],
    [/second/, 'go'],
  );
  const looking = async (talk: Conversation) => {
    const first = await talk.input({ message: 'first' });
    while ((await talk.input({ message: 'second' })) === 'look') talk.passOver();
    return first;
  };
  t.is(await withWayBack(ask, () => {}, looking), 'b');
  t.deepEqual(ask.left, []);
});

test('what is said while an answer is checked changes nothing of the way back', async (t) => {
  const ask = scriptedAsk([/first/, 'a'], [/second/, esc], [/first/, ''], [/second/, 'b']);
  const told: string[] = [];
  const answers = await withWayBack(
    ask,
    (text) => told.push(text),
    async (talk) => [
      await talk.input({
        message: 'first',
        validate: (value) => {
          talk.aside(`checking ${value}`);
          return true;
        },
      }),
      await talk.input({ message: 'second' }),
    ],
  );
  t.deepEqual(answers, ['a', 'b']);
  // In the place of the question's line, which is drawn again below.
  t.deepEqual(told, ['\r\x1b[Kchecking a', '\r\x1b[Kchecking a']);
});

test('what goes wrong in between is not swallowed', async (t) => {
  const ask = scriptedAsk([/kind/, 'flower']);
  const broken = withWayBack(
    ask,
    () => {},
    async (talk) => {
      await talk.select({ message: 'kind', choices: [{ name: 'flower', value: 1 }] });
      return talk.once(() => Promise.reject(new Error('no water')));
    },
  );
  await t.throwsAsync(broken, { message: 'no water' });
});

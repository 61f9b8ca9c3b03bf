/** The stage cache: when a stage runs, what it leaves, what its key depends on. */
import test from 'ava';
import { type Stage, stageRunner } from '../../src/build/stage.ts';
import { folder, realHost, stageContext } from './support.ts';

const { files } = realHost;

/** A stage that writes `text` (and what its needs wrote) to the file `out` and counts how often it ran. */
function writing(name: string, text: string, needs: Record<string, Stage> = {}) {
  const stage = {
    name,
    title: `Write ${name}`,
    inputs: { text } as unknown,
    needs,
    ran: 0,
    make: async ({ folder: to, from }: { folder: string; from: Readonly<Record<string, string>> }) => {
      stage.ran += 1;
      const parts = [text];
      for (const path of Object.values(from)) parts.push(await files.readText(`${path}/out`));
      await files.write(`${to}/out`, parts.join('+'));
    },
  };
  return stage;
}

test('a stage and what it needs run once; a second build finds the results', async (t) => {
  const cache = await folder(t);
  const first = writing('first', 'a');
  const second = writing('second', 'b', { first });
  const context = stageContext(cache);
  const result = await stageRunner(context).ensure(second);
  t.is(await files.readText(`${result}/out`), 'b+a');
  t.deepEqual(
    context.events.flatMap((event) => (event.type === 'step-end' ? [[event.id, event.ok]] : [])),
    [
      ['first', true],
      ['second', true],
    ],
  );
  const again = stageContext(cache);
  const runner = stageRunner(again);
  t.deepEqual(await runner.pending([second]), []);
  t.is(await runner.ensure(second), result);
  t.deepEqual([first.ran, second.ran, again.events.length], [1, 1, 0]);
});

test('a result is used although what it was made from is gone', async (t) => {
  const cache = await folder(t);
  const first = writing('first', 'a');
  const second = writing('second', 'b', { first });
  const runner = stageRunner(stageContext(cache));
  await runner.ensure(second);
  await files.remove(await runner.ensure(first));
  await stageRunner(stageContext(cache)).ensure(second);
  t.is(first.ran, 1);
});

test('pending stages come in the order in which they run, each once', async (t) => {
  const base = writing('base', '0');
  const left = writing('left', 'l', { base });
  const right = writing('right', 'r', { base });
  const top = writing('top', 't', { left, right });
  const runner = stageRunner(stageContext(await folder(t)));
  const names = async () => (await runner.pending([top, left])).map(({ name }) => name);
  t.deepEqual(await names(), ['base', 'left', 'right', 'top']);
  await runner.ensure(left);
  t.deepEqual(await names(), ['right', 'top']);
});

test('changed inputs make a new result in the place of the old one', async (t) => {
  const cache = await folder(t);
  await stageRunner(stageContext(cache)).ensure(writing('one', 'old'));
  await stageRunner(stageContext(cache)).ensure(writing('one-more', 'other'));
  const result = await stageRunner(stageContext(cache)).ensure(writing('one', 'new'));
  t.is(await files.readText(`${result}/out`), 'new');
  t.deepEqual(
    (await files.list(cache)).map((name) => name.replace(/-[0-9a-f]{20}$/, '')),
    ['one', 'one-more'],
  );
});

test('a failed stage leaves nothing, says why, and runs again', async (t) => {
  const cache = await folder(t);
  const broken: Stage = {
    ...writing('one', 'a'),
    make: async (work) => {
      await files.write(`${work.folder}/half`, 'x');
      throw new Error('the tool broke');
    },
  };
  const context = stageContext(cache);
  await t.throwsAsync(stageRunner(context).ensure(broken), { message: 'the tool broke' });
  t.deepEqual(await files.list(cache), []);
  t.like(context.events.at(-1), { type: 'step-end', ok: false, message: 'the tool broke' });
  t.is(
    await files.readText(`${await stageRunner(stageContext(cache)).ensure(writing('one', 'a'))}/out`),
    'a',
  );
});

test('an older result stays when its successor fails', async (t) => {
  const cache = await folder(t);
  const old = await stageRunner(stageContext(cache)).ensure(writing('one', 'old'));
  const broken: Stage = { ...writing('one', 'new'), make: () => Promise.reject(new Error('no')) };
  await t.throwsAsync(stageRunner(stageContext(cache)).ensure(broken));
  t.true(await files.exists(`${old}/out`));
});

test('a stage that was interrupted while it worked leaves nothing', async (t) => {
  const cache = await folder(t);
  const context = stageContext(cache);
  const stage = writing('one', 'a');
  const { make } = stage;
  stage.make = async (work) => {
    await make(work);
    context.stop.abort();
  };
  await t.throwsAsync(stageRunner(context).ensure(stage), { name: 'AbortError' });
  t.deepEqual(await files.list(cache), []);
});

test('a full disk in the middle is undone, with its own code', async (t) => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  const stage: Stage = { ...writing('one', 'a'), make: () => Promise.reject(full) };
  const error = await t.throwsAsync(stageRunner(stageContext(await folder(t))).ensure(stage));
  t.like(error, { kind: 'undone', code: 'no-space' });
});

test('keys follow inputs, needs and the versions of tools, not titles and places', (t) => {
  const key = (stage: Stage, cache = '/a', tools: Record<string, string> = { x: '1' }) =>
    stageRunner(stageContext(cache, { tools })).key(stage);
  const plain = writing('one', 'a');
  const own = key(plain);
  t.is(key({ ...plain, title: 'Other words' }), own);
  t.is(key(plain, '/somewhere/else'), own);
  t.is(key(plain, '/a', { x: '2' }), own);
  t.not(key(writing('one', 'b')), own);
  t.not(key(writing('two', 'a')), own);
  const using = { ...plain, tools: ['x'] };
  t.not(key(using), key(using, '/a', { x: '2' }));
  const over = (need: Stage) => key({ ...plain, needs: { need } });
  t.not(over(writing('n', '1')), over(writing('n', '2')));
});

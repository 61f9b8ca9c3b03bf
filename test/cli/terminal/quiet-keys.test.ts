/** Keys while something works: swallowed, but for Ctrl-C; the terminal is as it was afterwards. */
import { EventEmitter } from 'node:events';
import test from 'ava';
import { withQuietKeys } from '../../../src/cli/terminal/quiet-keys.ts';

class Keyboard extends EventEmitter {
  isTTY = true;
  isRaw = false;
  readonly told: string[] = [];
  setRawMode(raw: boolean) {
    this.isRaw = raw;
    this.told.push(raw ? 'raw' : 'cooked');
  }
  resume() {
    this.told.push('resume');
  }
  pause() {
    this.told.push('pause');
  }
}

for (const [keys, stops] of [
  ['y\r', 0],
  ['\x1b[A\x1b[B no', 0],
  ['\x03', 1],
  ['ab\x03c', 1],
] as const)
  test(`${JSON.stringify(keys)}: ${stops === 0 ? 'nothing comes of it' : 'it stops'}`, async (t) => {
    const keyboard = new Keyboard();
    let stopped = 0;
    const stop = () => {
      stopped += 1;
    };
    const result = await withQuietKeys(keyboard, stop, async () => {
      t.true(keyboard.isRaw, 'no echo');
      keyboard.emit('data', Buffer.from(keys));
      return 'done';
    });
    t.is(result, 'done');
    t.is(stopped, stops);
    t.deepEqual(keyboard.told, ['raw', 'resume', 'pause', 'cooked']);
    t.is(keyboard.listenerCount('data'), 0);
  });

test('after a failure too; what is no terminal is left alone', async (t) => {
  const keyboard = new Keyboard();
  await t.throwsAsync(
    withQuietKeys(
      keyboard,
      () => {},
      () => Promise.reject(new Error('no')),
    ),
    { message: 'no' },
  );
  t.false(keyboard.isRaw);
  const pipe = Object.assign(new Keyboard(), { isTTY: false });
  t.is(
    await withQuietKeys(
      pipe,
      () => {},
      async () => 1,
    ),
    1,
  );
  t.deepEqual(pipe.told, []);
});

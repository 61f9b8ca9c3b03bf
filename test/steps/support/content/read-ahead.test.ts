/** What is read back comes in order, one piece ahead, and nothing is read any more when that has ended. */
import test from 'ava';
import { readAhead } from '../../../../src/steps/support/content/read-ahead.ts';

const MiB = 2 ** 20;

/** A file whose byte at every offset is known, and which tells what was read; `size` is where it ends. */
function told(size: number, fails = (_offset: number) => false) {
  const reads: string[] = [];
  let running = 0;
  return {
    reads,
    running: () => running,
    file: {
      readInto: async (offset: number, target: Uint8Array) => {
        reads.push(`${offset}+${target.length}`);
        running += 1;
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        if (fails(offset)) throw new Error(`failed at ${offset}`);
        const count = Math.max(0, Math.min(target.length, size - offset));
        for (let index = 0; index < count; index += 1) target[index] = (offset + index) % 251;
        return count;
      },
    },
  };
}

const expected = (offset: number, length: number) =>
  Buffer.from(Array.from({ length }, (_, index) => (offset + index) % 251));

test('ranges in their order, in pieces of a MiB that do not go over an end', async (t) => {
  const { file, reads } = told(10 * MiB);
  const ranges = [
    { offset: 5, length: MiB + 3 },
    { offset: 4 * MiB, length: 7 },
    { offset: 0, length: 2 },
  ];
  const pieces: Buffer[] = [];
  for await (const bytes of readAhead(file, ranges)) pieces.push(Buffer.from(bytes));
  t.deepEqual(reads, [`5+${MiB}`, `${MiB + 5}+3`, `${4 * MiB}+7`, '0+2']);
  t.true(Buffer.concat(pieces).equals(Buffer.concat(ranges.map((r) => expected(r.offset, r.length)))));
});

test('the next piece is on its way while one is worked on, and no more than that', async (t) => {
  const { file, reads } = told(10 * MiB);
  const pieces = readAhead(file, [{ offset: 0, length: 4 * MiB }]);
  const first = await pieces.next();
  t.is(reads.length, 2);
  const kept = Buffer.from(first.value ?? []);
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  t.true(kept.equals(Buffer.from(first.value ?? [])), 'what is worked on stays as it is');
  await pieces.next();
  t.is(reads.length, 3);
});

test('left early, the read that is on its way is waited for', async (t) => {
  const { file, running } = told(10 * MiB);
  for await (const _ of readAhead(file, [{ offset: 0, length: 4 * MiB }])) break;
  t.is(running(), 0);
});

test('shorter where the file ends; nothing for no ranges; a failure is told', async (t) => {
  const lengths: number[] = [];
  for await (const bytes of readAhead(told(10).file, [{ offset: 4, length: 100 }]))
    lengths.push(bytes.length);
  t.deepEqual(lengths, [6]);
  for await (const _ of readAhead(told(10).file, [])) t.fail();
  const { file, running } = told(10 * MiB, (offset) => offset === 2 * MiB);
  const read = async () => {
    let done = 0;
    for await (const bytes of readAhead(file, [{ offset: 0, length: 4 * MiB }])) done += bytes.length;
    return done;
  };
  await t.throwsAsync(read(), { message: `failed at ${2 * MiB}` });
  t.is(running(), 0);
});

/** Compressing a file while it is made: what the programs make of it, and what happens when one end fails. */
import { randomFillSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Part } from '../../../src/formats/disk-images/virtual-disk.ts';
import { workstationHost } from '../../../src/host/workstation/index.ts';
import { compressed } from '../../../src/steps/image/compressed.ts';
import { collected, temporaryFolder, tool } from '../../formats/support.ts';

const host = workstationHost();
const hole = 2 ** 20 + 5;
const text = Buffer.from('some text, and more of it, '.repeat(9000));

async function* parts(): AsyncGenerator<Part> {
  // The memory of a part is used again when the next is asked for.
  const memory = Buffer.from(text);
  yield memory;
  memory.fill('other');
  yield { hole };
  yield memory.subarray(0, 1000);
}
const whole = Buffer.concat([text, Buffer.alloc(hole), Buffer.alloc(1000, 'other')]);

/** Quick to pack, and yet something comes out: a few pages of each piece cannot become smaller. */
async function* endless(): AsyncGenerator<Part> {
  for (const piece = Buffer.alloc(2 ** 20); ; ) yield randomFillSync(piece, 0, 16 * 1024);
}

for (const [method, program] of [
  ['gz', 'gzip'],
  ['xz', 'xz'],
  ['zst', 'zstd'],
] as const) {
  test(`${method}: ${program} unpacks it, and it is the same every time`, async (t) => {
    const packed = Buffer.concat(await collected(compressed(parts(), method, host)));
    const file = join(temporaryFolder(t), 'packed');
    writeFileSync(file, packed);
    t.is(tool('sh', '-c', `${program} -dc < ${file} | sha256sum`), tool('sh', '-c', `sha256sum < ${raw(t)}`));
    t.true(packed.equals(Buffer.concat(await collected(compressed(parts(), method, host)))));
  });

  test(`${method}: a source that fails is what is told`, async (t) => {
    const failing = async function* () {
      yield Buffer.alloc(2 ** 20, 'x');
      throw new Error('the disk is gone');
    };
    await t.throwsAsync(collected(compressed(failing(), method, host)), { message: 'the disk is gone' });
  });

  // For xz the test below says more.
  if (method === 'xz') continue;
  test(`${method}: a reader that stops ends it`, async (t) => {
    for await (const chunk of compressed(endless(), method, host)) {
      t.true(chunk.length > 0);
      break;
    }
  });
}

const raw = (t: Parameters<typeof temporaryFolder>[0]) => {
  const file = join(temporaryFolder(t), 'raw');
  writeFileSync(file, whole);
  return file;
};

test('gzip says neither a name nor a time', async (t) => {
  const [first] = await collected(compressed(parts(), 'gz', host));
  t.deepEqual([...(first ?? new Uint8Array()).subarray(0, 8)], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0]);
});

test('xz: a reader that stops leaves no program running', async (t) => {
  const children: ReturnType<typeof host.processes.start>[] = [];
  const watched = {
    ...host,
    processes: {
      ...host.processes,
      start: (...args: Parameters<typeof host.processes.start>) => {
        const child = host.processes.start(...args);
        children.push(child);
        return child;
      },
    },
  };
  for await (const chunk of compressed(endless(), 'xz', watched)) {
    t.true(chunk.length > 0);
    break;
  }
  t.is(children.length, 1);
  // It would wait for more input for ever.
  for (const child of children) t.not((await child.exited).exitCode, 0);
});

import { execFileSync } from 'node:child_process';
import test from 'ava';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { xzUnpackedSize } from '../../../src/formats/compression/xz-size.ts';

const xz = (input: Buffer, ...args: string[]) =>
  execFileSync('xz', ['--compress', '--stdout', ...args], { input, maxBuffer: 2 ** 26 });
const sizeOf = (...parts: Buffer[]) => xzUnpackedSize(fromBytes(Buffer.concat(parts)));

const text = Buffer.alloc(1_234_567, 'some text');

test('streams of one block, of many, of none, one after the other, and padded', async (t) => {
  const [one, many, none] = [xz(text), xz(text, '--block-size=10000'), xz(Buffer.alloc(0))];
  t.is(await sizeOf(one), text.length);
  t.is(await sizeOf(many), text.length);
  t.is(await sizeOf(none), 0);
  t.is(await sizeOf(one, many, none), 2 * text.length);
  t.is(await sizeOf(one, Buffer.alloc(8), many, Buffer.alloc(4)), 2 * text.length);
  t.is(await sizeOf(xz(text, '--check=none')), text.length);
});

test('what is cut off, followed by anything, or changed at its end has no size', async (t) => {
  const file = xz(text, '--block-size=100000');
  t.is(await sizeOf(file.subarray(0, -4)), undefined);
  t.is(await sizeOf(file, Buffer.from('tail')), undefined);
  t.is(await sizeOf(Buffer.alloc(2 ** 20)), undefined);
  for (let back = 1; back <= 40; back += 1) {
    const changed = Buffer.from(file);
    changed[file.length - back] = (changed[file.length - back] ?? 0) ^ 1;
    t.is(await sizeOf(changed), undefined, `${back} bytes before the end`);
  }
});

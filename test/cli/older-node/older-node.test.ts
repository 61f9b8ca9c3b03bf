/** What fills the gaps of an older Node.js does what the newer one does by itself. */
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';

const file = join(import.meta.dirname, '../../../src/cli/older-node.ts');

/** The same calls, with what Node.js has and with what is put in its place. */
const script = `
import util from 'node:util';
const of = async () => {
  const { promise, resolve } = Promise.withResolvers();
  resolve(Promise.resolve(7));
  const failing = Promise.withResolvers();
  failing.reject(new Error('no'));
  return {
    resolved: await promise,
    rejected: await failing.promise.catch((error) => error.message),
    grouped: [...Map.groupBy('abcab', (letter, index) => letter + (index > 2))],
    gathered: await Array.fromAsync((function* () { yield Promise.resolve(1); yield 2; })()),
    styled: [util.styleText('red', 'a'), util.styleText(['bold', 'underline'], 'b')],
  };
};
process.env.FORCE_COLOR = '1';
const own = await of();
for (const [owner, name] of [[Promise, 'withResolvers'], [Map, 'groupBy'], [Array, 'fromAsync'], [util, 'styleText']])
  delete owner[name];
if (Promise.withResolvers || util.styleText) throw new Error('they are still there');
await import(${JSON.stringify(file)});
console.log(JSON.stringify([own, await of(), Object.keys(Promise)]));
`;

test('what is filled in does what is there in a newer one', async (t) => {
  const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', script]);
  const [own, filled, listed] = JSON.parse(stdout);
  t.deepEqual(filled, own);
  t.is(own.resolved, 7);
  t.deepEqual(listed, []);
});

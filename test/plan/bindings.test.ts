/** The names of a plan: what they stand for, and when. */
import test from 'ava';
import { Bindings } from '../../src/plan/bindings.ts';

test('a name that is known stands for all of what lies at its path', (t) => {
  const { block, resolve } = new Bindings({ 'file:config': '/secret/config.yaml' });
  t.is(resolve('file:config'), '/secret/config.yaml');
  t.deepEqual(block('file:config'), { path: '/secret/config.yaml', offset: 0 });
});

test('a path stands for itself, whatever is bound', (t) => {
  const { block, resolve } = new Bindings({ '/dev/vda': '/dev/vdb' });
  t.is(resolve('/dev/vda'), '/dev/vda');
  t.deepEqual(block('/dev/vda'), { path: '/dev/vda', offset: 0 });
});

test('a step binds a name to a path or to a range; the last one counts', (t) => {
  const { bind, block, resolve } = new Bindings();
  bind('part:esp', { path: '/disk.img', offset: 512, size: 1024 });
  t.deepEqual(block('part:esp'), { path: '/disk.img', offset: 512, size: 1024 });
  t.is(resolve('part:esp'), '/disk.img');
  bind('part:esp', '/dev/vda2');
  t.deepEqual(block('part:esp'), { path: '/dev/vda2', offset: 0 });
});

test('a name that nothing has bound is a mistake of the plan', (t) => {
  const { block, resolve } = new Bindings();
  const says = { message: 'the plan uses part:esp before a step has made it' };
  t.throws(() => block('part:esp'), says);
  t.throws(() => resolve('part:esp'), says);
});

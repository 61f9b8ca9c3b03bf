import test from 'ava';
import fc from 'fast-check';
import { seedOf } from './seeds.ts';

test('properties draw the same inputs in every run, unless a run asks for others', (t) => {
  t.is(fc.readConfigureGlobal().seed, seedOf(process.env.PROPERTY_SEED));
  t.is(seedOf(undefined), seedOf(''));
  t.is(typeof seedOf(undefined), 'number');
  t.is(seedOf('-7'), -7);
  t.is(seedOf('random'), undefined);
  t.throws(() => seedOf('1.5'), { message: /"random" or an integer/ });
  t.throws(() => seedOf('many'), { message: /not "many"/ });
});

/** Every parser reads its seeds, and reads or refuses what one of them once failed on. */
import test from 'ava';
import { onlyRefuses } from '../formats/support.ts';
import { foundInputs } from './found.ts';
import { parsers } from './parsers/index.ts';

for (const [parser, { seeds, parse }] of Object.entries(parsers)) {
  test(`${parser}: the seeds`, async (t) => {
    t.true(seeds().length > 0);
    for (const input of seeds()) await onlyRefuses(() => parse(input));
  });
  for (const { name, input } of foundInputs(parser))
    test(`${parser}: ${name}`, async (t) => {
      await t.notThrowsAsync(onlyRefuses(() => parse(input)));
    });
}

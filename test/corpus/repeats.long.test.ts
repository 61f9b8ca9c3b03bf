/**
 * One thing many times over, up to the largest input: what makes a parser look at all of a text for each line of it, or
 * keep something of each word, shows here. Each keeps the promise of every parser, in time and in memory.
 */
import test from 'ava';
import { largestInput } from '../../scripts/fuzz/change.ts';
import { judge } from '../../scripts/fuzz/judge.ts';
import { parsers } from './parsers/index.ts';

/** Half a megabyte of short lines is within the budget of YAML, two are not. */
const half = 2 ** 19;
const yaml = ['a = [\n', '- a:\n- b:c \n', 'a\u{1f4a5}%:\n  b\n', 'a: [b]\n'];

const repeats: readonly (readonly [parser: string, size: number, units: readonly string[]])[] = [
  ['grub.cfg', largestInput, ['{*a ', 'a\n', 'linux a b\n', 'menuentry a {\nlinux b c\n}\n']],
  ['isolinux.cfg', largestInput, ['a\n', 'label a\nlinux b\nappend c d\n']],
  ['loader entry', largestInput, ['options a b\n']],
  ['unified kernel command line', largestInput, ['a ']],
  ['values.yaml of Palette', half, yaml],
  ['user-data of an edge host', half, yaml],
  ['upgrade Plans', half, yaml.slice(0, 1)],
  ['machines to serve', half, yaml],
  ['pack.json of Palette', largestInput, ['# a\n', '// ', '"a",']],
];

for (const [name, size, units] of repeats)
  for (const unit of units)
    test.serial(`${name}: ${JSON.stringify(unit)} up to ${size} bytes`, async (t) => {
      const parser = parsers[name];
      if (parser === undefined) throw new Error(`there is no parser ${name}`);
      const input = Buffer.alloc(size, unit);
      let fault = await judge(parser, input);
      // What is slow once may have waited for the compiler, or for a busy machine.
      for (let again = 0; again < 3 && fault?.kind === 'slow'; again += 1) fault = await judge(parser, input);
      t.is(fault, undefined);
    });

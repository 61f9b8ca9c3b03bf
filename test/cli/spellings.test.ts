import test from 'ava';
import { commands } from '../../src/cli/commands/index.ts';
import { withSpellings } from '../../src/cli/spellings.ts';

const becomes = test.macro({
  title: (_, line: string) => line,
  exec: (t, line: string, expected: string) =>
    t.is(withSpellings(line.split(' '), commands).join(' '), expected),
});
test(
  becomes,
  'install --takeover=replace /dev/vda x.iso --silent',
  'install --replace /dev/vda x.iso --silent',
);
test(becomes, 'install /dev/vda x.iso --takeover=replace', 'install /dev/vda x.iso --replace');
test(becomes, 'install --takeover /dev/vda3 x.iso', 'install --takeover /dev/vda3 x.iso');
test(becomes, 'install --takeover=other x.iso', 'install --takeover=other x.iso');
test(becomes, 'install -- --takeover=replace', 'install -- --takeover=replace');
test(becomes, 'upgrade --takeover=replace', 'upgrade --takeover=replace');

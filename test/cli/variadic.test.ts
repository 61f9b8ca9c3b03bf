/** Options with several words take those that belong to them, and nothing else of the command line. */
import test from 'ava';
import { installSwitches } from '../../src/cli/commands/boot-options.ts';
import { commands } from '../../src/cli/commands/index.ts';
import { withListsApart } from '../../src/cli/variadic.ts';
import { rows } from '../../src/config/keys/keys.ts';

const reads = test.macro<[line: string, expected: string]>({
  exec: (t, line, expected) => {
    t.is(withListsApart(line.split(' '), commands).join(' '), expected);
  },
  title: (_, line) => line,
});

const same = (line: string) => test(reads, line, line);
test(reads, 'iso remaster --install device=/dev/vda r.iso', 'iso remaster --install device=/dev/vda r.iso');
test(
  reads,
  'iso remaster --install device=/dev/vda config_url=https://x/c silent r.iso -o o.iso',
  'iso remaster --install device=/dev/vda --install config_url=https://x/c --install silent r.iso -o o.iso',
);
test(
  reads,
  'iso remaster --install=silent wipe ./out r.iso',
  'iso remaster --install=silent --install wipe ./out r.iso',
);
test(
  reads,
  'pxe kit --install device=largest power_off /srv/tftp --from x.iso',
  'pxe kit --install device=largest --install power_off /srv/tftp --from x.iso',
);
test(reads, 'pxe kit --install silent image', 'pxe kit --install silent image');
same('iso remaster r.iso -o o.iso --install device=/dev/vda');
same('iso remaster r.iso --install');
same('iso remaster --install silent -- wipe');
same('iso remaster --append-karg a=b c=d r.iso');
same('config --install x=y z=w');
same('install --config a=b c=d');
same('no-such --install a=b c=d');

test('every setting without a value is known, by all of its names', (t) => {
  const names = rows
    .filter(({ name, type }) => name.startsWith('bos.install.') && type === 'boolean')
    .flatMap((key) => [key.name, ...(key.aliases ?? [])]);
  t.deepEqual(installSwitches.toSorted(), names.map((name) => name.slice('bos.install.'.length)).toSorted());
});

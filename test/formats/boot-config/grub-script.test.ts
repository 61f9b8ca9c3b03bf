/** GRUB's script language: how much of it is read; what it means is tested with the menus. */
import test from 'ava';
import { OpsError } from '../../../src/errors.ts';
import { parseGrubScript } from '../../../src/formats/boot-config/grub-script.ts';

test('more commands than any menu has are refused', (t) => {
  t.is(parseGrubScript('a\n'.repeat(100_000)).length, 100_000);
  const error = t.throws(() => parseGrubScript('a\n'.repeat(100_001)), { instanceOf: OpsError });
  t.is(error?.code, 'menu-too-long');
});

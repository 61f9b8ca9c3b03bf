/** How much of a boot menu is read; what it means is tested with the menus. */
import test from 'ava';
import { OpsError } from '../../../src/errors.ts';
import { parseGrubScript } from '../../../src/formats/boot-config/grub-script.ts';
import { parseIsolinux } from '../../../src/formats/boot-config/isolinux-cfg.ts';
import { mostCommands } from '../../../src/formats/boot-config/most-commands.ts';

for (const [name, parse] of Object.entries({ grub: parseGrubScript, isolinux: parseIsolinux }))
  test(`${name}: more commands than any menu has are refused`, (t) => {
    t.is(parse('a\n'.repeat(mostCommands)).length, mostCommands);
    const error = t.throws(() => parse('a\n'.repeat(mostCommands + 1)), { instanceOf: OpsError });
    t.is(error?.code, 'menu-too-long');
  });

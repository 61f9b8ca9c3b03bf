/** What os/keymaps.sh leaves of the packages in a root. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExecutionContext } from 'ava';
import test from 'ava';
import { temporaryFolder } from '../formats/support.ts';

const script = fileURLToPath(new URL('../../os/keymaps.sh', import.meta.url));
const maps = 'usr/share/keymaps';

const programs = ['/bin/loadkeys', '/bin/dumpkeys', '/bin/setfont', '/usr/bin/showkey', '/sbin/kbdrate'];
const files = [
  `${maps}/i386/qwertz/de.kmap.gz`,
  `${maps}/i386/qwertz/de-latin1.kmap.gz`,
  `${maps}/i386/azerty/fr.kmap.gz`,
  `${maps}/i386/qwerty/ar.kmap.gz`,
  `${maps}/i386/include/euro.inc.gz`,
  `${maps}/include/compose.latin1.inc.gz`,
  `${maps}/sun/sunkeymap.kmap.gz`,
  'usr/share/consolefonts/lat9.psf.gz',
  'usr/share/doc/kbd/copyright',
  'bin/other',
  ...programs.map((path) => path.slice(1)),
];

/** A root with both packages, and the script beside these names. */
function prepared(t: ExecutionContext, names: readonly string[]) {
  const folder = temporaryFolder(t);
  const root = join(folder, 'root');
  for (const path of [...files, 'var/lib/dpkg/info/kbd.list']) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), path);
  }
  const list = ['/.', '/bin', ...programs, '/usr/share/doc/kbd/copyright'];
  writeFileSync(join(root, 'var/lib/dpkg/info/kbd.list'), `${list.join('\n')}\n`);
  writeFileSync(join(folder, 'keymaps'), names.map((name) => `${name}\n`).join(''));
  cpSync(script, join(folder, 'keymaps.sh'));
  return { root, script: join(folder, 'keymaps.sh') };
}

test('what the configuration knows stays, with what it includes, and the programs for it', (t) => {
  const made = prepared(t, ['de', 'fr']);
  execFileSync('sh', [made.script, made.root]);
  const left = readdirSync(made.root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(made.root.length + 1));
  t.deepEqual(left.toSorted(), [
    'bin/dumpkeys',
    'bin/loadkeys',
    'bin/other',
    'usr/share/doc/kbd/copyright',
    `${maps}/i386/azerty/fr.kmap.gz`,
    `${maps}/i386/include/euro.inc.gz`,
    `${maps}/i386/qwertz/de.kmap.gz`,
    `${maps}/include/compose.latin1.inc.gz`,
    'var/lib/dpkg/info/kbd.list',
  ]);
});

test('a name without a keymap ends the build', (t) => {
  const made = prepared(t, ['de', 'klingon']);
  const { status, stderr } = spawnSync('sh', [made.script, made.root], { encoding: 'utf8' });
  t.is(status, 1);
  t.is(stderr, 'console-data has no keymap klingon\n');
});

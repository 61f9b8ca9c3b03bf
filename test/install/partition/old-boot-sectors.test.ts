/** What disks started before: each disk of a mirror keeps its own, and the boot menu says which is which. */
import test from 'ava';
import type { DiskFacts } from '../../../src/disk/facts.ts';
import type { BootPlaces } from '../../../src/install/partition/boot.ts';
import { keepSectors, oldSystemEntries } from '../../../src/install/partition/old-boot-sectors.ts';
import { disk } from '../fixtures.ts';

const placesOn = (...disks: readonly DiskFacts[]): BootPlaces => ({
  ...{ style: 'guest', efi: [], manualSteps: [] },
  bios: disks.map((one) => ({ disk: one, area: { first: 1, last: 2047 }, keepSector: true })),
});
const a = disk({ path: '/dev/sda', serial: 'ZDH1' });
const b = disk({ path: '/dev/sdb', serial: 'ZDH2' });

/** Per disk, where its sector is kept; and of each entry of the menu the title, with the file that it starts. */
function seen(places: BootPlaces) {
  const kept = keepSectors(places).map((step) =>
    step.kind === 'keep-boot-sector' ? [step.disk, step.path] : step.kind,
  );
  const menu = [
    ...oldSystemEntries(places).matchAll(
      /-f "\/(.+)" \][\s\S]+?menuentry '(.+)' --id (\S+)[\s\S]+?\)\/(.+)"/g,
    ),
  ].map(([, looked, title, id, started]) => {
    if (looked !== started) throw new Error(`looks for ${looked} and starts ${started}`);
    return [id, title, started];
  });
  return { kept, menu };
}

const folder = 'bos/system/grub';
const title = 'What this disk started before';

test('of one disk it has the plain name', (t) => {
  t.deepEqual(seen(placesOn(a)), {
    kept: [['/dev/sda', `${folder}/boot-sector.old`]],
    menu: [['before', title, `${folder}/boot-sector.old`]],
  });
});

test('of several disks each has a file and an entry by its serial number', (t) => {
  t.deepEqual(seen(placesOn(a, b)), {
    kept: [
      ['/dev/sda', `${folder}/boot-sector.old-ZDH1`],
      ['/dev/sdb', `${folder}/boot-sector.old-ZDH2`],
    ],
    menu: [
      ['before', `${title} (serial ZDH1)`, `${folder}/boot-sector.old-ZDH1`],
      ['before-2', `${title} (serial ZDH2)`, `${folder}/boot-sector.old-ZDH2`],
    ],
  });
});

test('in another order, or with nothing to keep on the first, a file belongs to the same disk', (t) => {
  const places = placesOn(b, a);
  const [first, second] = places.bios;
  if (first === undefined || second === undefined) return t.fail();
  const { kept } = seen({ ...places, bios: [{ ...first, keepSector: false }, second] });
  t.deepEqual(kept, [['/dev/sda', `${folder}/boot-sector.old-ZDH1`]]);
});

test('serial numbers that are none, the same, or would need quotes', (t) => {
  const odd = [undefined, 'SAME', 'SAME', "it's a/b"].map((serial, index) => {
    const { serial: _, ...rest } = disk({ path: `/dev/sd${index}` });
    return serial === undefined ? rest : { ...rest, serial };
  });
  const { kept, menu } = seen(placesOn(...odd));
  t.is(new Set(kept.map(String)).size, odd.length);
  t.is(new Set(menu.map(([, , path]) => path)).size, odd.length);
  t.deepEqual(
    menu.map(([, shown]) => shown),
    [`${title} (/dev/sd0)`, `${title} (/dev/sd1)`, `${title} (/dev/sd2)`, `${title} (/dev/sd3)`],
  );
});

test('an installation by UEFI leaves what an earlier one has kept in the menu', (t) => {
  t.deepEqual(seen(placesOn()), { kept: [], menu: [['before', title, `${folder}/boot-sector.old`]] });
});

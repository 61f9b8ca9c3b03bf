/** Which machines are refused, and why; pure, on facts. */
import test from 'ava';
import type { OpsError } from '../../../src/errors.ts';
import { checkTakeover, requireRoom, requireRootDevice } from '../../../src/install/takeover/check.ts';
import type { GrubFacts, RootDeviceKind, TakeoverFacts } from '../../../src/install/takeover/facts.ts';
import { manifest } from '../fixtures.ts';
import { apartFacts, bootUuid, oldFacts, rootUuid } from './fixtures.ts';

const root = (more: Partial<TakeoverFacts['root']>): Partial<TakeoverFacts> => ({
  root: { ...oldFacts().root, ...more },
});
const on = (kind: RootDeviceKind) => root({ device: { path: '/dev/dm-0', kind } });
const grub = (more: Partial<GrubFacts>): Partial<TakeoverFacts> => ({
  grub: [{ folder: 'boot/grub', readsCustom: true, startsOnce: true, environment: 'ok', ...more }],
});

const accepts = test.macro({
  title: (name) => `takes over ${name}`,
  exec: (t, more: Partial<TakeoverFacts>, folder = 'boot/grub') =>
    t.deepEqual(checkTakeover(oldFacts(more)), { device: '/dev/vda3', uuid: rootUuid, folder } as never),
});
test('a Debian on a BIOS', accepts, {});
test('one on UEFI', accepts, {
  firmware: 'efi',
  loader: { menus: [`${rootUuid}:/boot/grub`], debianShim: false },
});
test('one with Secure Boot by the shim of Debian', accepts, {
  ...{ firmware: 'efi', secureBoot: true },
  loader: { menus: [`${rootUuid}:/boot/grub`], debianShim: true },
});
test('arm64', accepts, {
  arch: 'arm64',
  firmware: 'efi',
  loader: { menus: [`${rootUuid}:/boot/grub`], debianShim: false },
});
test(
  'one whose GRUB is in boot/grub2',
  accepts,
  { ...grub({ folder: 'boot/grub2' }), loader: { menus: [':/boot/grub2'], debianShim: false } },
  'boot/grub2',
);
test(
  'one with both folders: that which is read',
  accepts,
  {
    grub: [
      ...oldFacts().grub,
      { folder: 'boot/grub2', readsCustom: true, startsOnce: true, environment: 'ok' },
    ],
    loader: { menus: [':/boot/grub2'], debianShim: false },
  },
  'boot/grub2',
);
test('what an attempt that was cut short has left', accepts, { ours: 'unfinished' });
test('a system with other file systems mounted', accepts, {
  mounts: [
    { mountPoint: '/boot/efi', source: '/dev/vda2' },
    { mountPoint: '/home', source: '/dev/vdb1' },
  ],
});

const refuses = test.macro({
  title: (name) => `refuses ${name}`,
  exec: (t, more: Partial<TakeoverFacts>, code: string, message: RegExp) => {
    const error = t.throws(() => checkTakeover(oldFacts(more)), { code, message }) as OpsError;
    t.is(error.kind, 'refused');
    t.regex(error.hint ?? '', /\w/);
  },
});
test('a live Bhojpur OS', refuses, { system: 'live' }, 'takeover-not-needed', /already/);
test('an installed Bhojpur OS', refuses, { system: 'installed' }, 'takeover-not-needed', /already/);
test('a container', refuses, { container: 'lxc' }, 'takeover-container', /\(lxc\)/);
test('btrfs', refuses, root({ fsType: 'btrfs' }), 'takeover-file-system', /is btrfs; only ext4/);
test('xfs', refuses, root({ fsType: 'xfs' }), 'takeover-file-system', /is xfs; only ext4/);
test('a chroot', refuses, root({ whole: false }), 'takeover-file-system', /chroot/);
test('a read-only root', refuses, root({ readOnly: true }), 'takeover-read-only', /read-only/);
test('a root on LVM', refuses, on('lvm'), 'takeover-device', /logical volume of LVM/);
test('an encrypted root', refuses, on('crypt'), 'takeover-device', /encrypted/);
test('a root on RAID', refuses, on('raid'), 'takeover-device', /RAID/);
test('a root on a whole disk', refuses, on('disk'), 'takeover-device', /without partitions/);
test(
  'a root on the network',
  refuses,
  { root: { fsType: 'ext4', source: 'x', readOnly: false, whole: true } },
  'takeover-device',
  /not on a partition/,
);
for (const [fsType, uuid] of [
  ['ext4', bootUuid],
  ['xfs', bootUuid],
  ['vfat', '1a2b-3c4d'],
] as const)
  for (const menu of [':/grub', `${uuid}:/grub`])
    test(`takes over a system with a /boot of its own: ${fsType}, read as ${menu}`, (t) =>
      t.deepEqual(
        checkTakeover(
          oldFacts({ ...apartFacts({ fsType, uuid }), loader: { menus: [menu], debianShim: false } }),
        ),
        {
          ...{ device: '/dev/vda3', uuid: rootUuid, folder: 'boot/grub' },
          boot: {
            ...{ device: '/dev/vda2', disk: '/dev/vda', uuid, fsType },
            ...{ mountPoint: '/boot', path: '/grub' },
          },
        },
      ));
test('takes over a system whose /boot/grub2 is a file system of its own', (t) => {
  const place = { mountPoint: '/boot/grub2', path: '' };
  t.like(checkTakeover(oldFacts(apartFacts(place, { folder: 'boot/grub2' }))), {
    folder: 'boot/grub2',
    boot: { mountPoint: '/boot/grub2', path: '' },
  });
});
for (const fsType of ['btrfs', 'zfs', 'ntfs'])
  test(
    `/boot on ${fsType}`,
    refuses,
    apartFacts({ fsType }),
    'takeover-boot-apart',
    new RegExp(`^/boot is ${fsType} .*cannot take the one-time entry back`),
  );
for (const kind of ['lvm', 'raid', 'crypt', 'disk'] as const)
  test(
    `/boot on ${kind}`,
    refuses,
    apartFacts({ device: { path: '/dev/dm-1', kind } }),
    'takeover-boot-apart',
    /^\/boot is not on a partition of a disk/,
  );
test(
  'a read-only /boot',
  refuses,
  apartFacts({ readOnly: true }),
  'takeover-read-only',
  /^\/boot is mounted/,
);
test('a folder as /boot', refuses, apartFacts({ whole: false }), 'takeover-boot-apart', /cannot be read/);
const { uuid: _, ...unknownPlace } = apartFacts().grub?.[0]?.place ?? {};
test(
  'a /boot whose super block is not known',
  refuses,
  { grub: [{ ...oldFacts(apartFacts()).grub[0], place: unknownPlace } as GrubFacts] },
  'takeover-boot-apart',
  /cannot be read/,
);
test(
  'a root that GRUB would have to read and cannot',
  refuses,
  { ...apartFacts(), ...root({ unknownToGrub: ['casefold'] }) },
  'takeover-file-system',
  /GRUB cannot read the root file system \(\/dev\/vda3\): it has the ext4 feature casefold/,
);
test('what GRUB reads already is no question', accepts, root({ unknownToGrub: ['casefold'] }));
test(
  'a GRUB that reads the menu of the root beside a /boot of its own',
  refuses,
  { ...apartFacts(), loader: { menus: [`${rootUuid}:/grub`], debianShim: false } },
  'takeover-loader',
  /does not read/,
);
test('a system without GRUB 2', refuses, { grub: [] }, 'takeover-no-grub', /no GRUB 2 menu/);
test(
  'a menu that does not read custom.cfg',
  refuses,
  grub({ readsCustom: false }),
  'takeover-menu',
  /custom\.cfg/,
);
test('a menu without a one-time entry', refuses, grub({ startsOnce: false }), 'takeover-menu', /next_entry/);
test('a menu that waits for a key', refuses, grub({ waits: true }), 'takeover-menu', /waits for a key/);
test(
  'no environment block',
  refuses,
  grub({ environment: 'missing' }),
  'takeover-environment',
  /grubenv is missing/,
);
test(
  'an environment block elsewhere',
  refuses,
  grub({ environment: 'link' }),
  'takeover-environment',
  /is a link/,
);
test(
  'an environment block that is none',
  refuses,
  grub({ environment: 'invalid' }),
  'takeover-environment',
  /is no/,
);
test(
  'an environment block that is full',
  refuses,
  grub({ environment: 'full' }),
  'takeover-environment',
  /no room/,
);
test(
  'a GRUB that reads the menu of another file system',
  refuses,
  {
    firmware: 'efi',
    loader: { menus: ['00000000-0000-0000-0000-000000000000:/boot/grub'], debianShim: false },
  },
  'takeover-loader',
  /does not read \/boot\/grub\/grub\.cfg/,
);
test(
  'a GRUB that reads another folder',
  refuses,
  { loader: { menus: [':/grub'], debianShim: false } },
  'takeover-loader',
  /does not read/,
);
test(
  'a disk that GRUB does not start from',
  refuses,
  { loader: { menus: [], problem: 'its boot sector is not from GRUB 2', debianShim: false } },
  'takeover-loader',
  /the BIOS/,
);
test(
  'Secure Boot by the shim of another distribution',
  refuses,
  { firmware: 'efi', secureBoot: true, loader: { menus: [`${rootUuid}:/boot/grub`], debianShim: false } },
  'takeover-secure-boot',
  /does not trust/,
);
test('a second takeover', refuses, { ours: 'pending' }, 'takeover-pending', /already prepared/);
test('a link in the place of the environment block goes first', (t) => {
  const facts = oldFacts(apartFacts({ path: '/grub2' }, { folder: 'boot/grub2', environment: 'link' }));
  const error = t.throws(() => checkTakeover(facts), { code: 'takeover-environment' });
  t.regex(
    (error as OpsError).hint ?? '',
    /`sudo rm \/boot\/grub2\/grubenv && sudo grub2-editenv \/boot\/grub2\/grubenv create`/,
  );
});
test('what a full environment block holds is not thrown away: the old system may start by it', (t) => {
  const loader = { menus: [':/boot/grub2'], debianShim: false };
  const facts = oldFacts({ ...grub({ folder: 'boot/grub2', environment: 'full' }), loader });
  const { hint = '' } = t.throws(() => checkTakeover(facts), { code: 'takeover-environment' }) as OpsError;
  t.regex(hint, /`sudo grub2-editenv \/boot\/grub2\/grubenv unset NAME`/);
  t.notRegex(hint, /create/);
});
test('where the folder is grub2, so are the tools', (t) => {
  const loader = { menus: [':/boot/grub2'], debianShim: false };
  const facts = oldFacts({ ours: 'pending', ...grub({ folder: 'boot/grub2' }), loader });
  const error = t.throws(() => checkTakeover(facts), { code: 'takeover-pending' });
  t.regex((error as OpsError).hint ?? '', /`sudo grub2-reboot bos-takeover/);
});
test('one that has come back says why', (t) => {
  const returned = '2026-11-30T05:00:00.000Z nobody confirmed the new system within 10 min';
  const error = t.throws(() => checkTakeover(oldFacts({ ours: 'pending', returned })), {
    code: 'takeover-pending',
  });
  t.deepEqual((error as OpsError).details, [`the last try: ${returned}`]);
});
test('a folder /bos of somebody', refuses, { ours: 'foreign' }, 'takeover-path', /\/bos/);
test(
  'another partition called BOS_STATE',
  refuses,
  { otherState: '/dev/vdb1' },
  'takeover-state',
  /\/dev\/vdb1/,
);
test('a system without sync', refuses, { missing: ['sync'] }, 'tool-missing', /sync/);

test('a DEVICE that is not the root is refused', (t) => {
  const target = checkTakeover(oldFacts());
  t.notThrows(() => requireRootDevice('/dev/vda3', target));
  t.throws(() => requireRootDevice('/dev/vda', target), {
    code: 'takeover-device-other',
    message: /\/dev\/vda3, not on \/dev\/vda$/,
  });
});

test('too little room is refused, with both numbers', (t) => {
  t.notThrows(() => requireRoom(oldFacts({ freeSpace: 3e8 }), manifest));
  t.throws(() => requireRoom(oldFacts({ freeSpace: 2e8 }), manifest), {
    code: 'takeover-room',
    message: /268 MB are needed .*200 MB are free/,
  });
});

test('all that is known to be wrong is told at once', (t) => {
  const error = t.throws<OpsError>(() =>
    checkTakeover(
      oldFacts({
        ...root({ readOnly: true }),
        ...{
          grub: [{ ...oldFacts(apartFacts({ fsType: 'btrfs' })).grub[0], readsCustom: false } as GrubFacts],
          ours: 'foreign',
        },
      }),
    ),
  );
  t.is(error?.code, 'takeover-read-only', 'as if it were alone');
  const text = error?.details.join('\n') ?? '';
  t.regex(text, /^also: \/boot is btrfs \(\/dev\/vda2\)/m);
  t.regex(text, /^also: \/boot\/grub\/grub\.cfg does not read custom\.cfg/m);
  t.regex(text, /^also: There is a folder \/bos/m);
  t.regex(error?.hint ?? '', /remount,rw.*whole disk instead\..*Rename it\./s);
});
test('what is no other Linux is told alone', (t) => {
  const error = t.throws<OpsError>(() =>
    checkTakeover(oldFacts({ system: 'installed', ...root({ readOnly: true }), ours: 'foreign' })),
  );
  t.is(error?.code, 'takeover-not-needed');
  t.deepEqual(error?.details, []);
});

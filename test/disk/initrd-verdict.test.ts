/**
 * What is on a disk is judged twice: by the initrd, in shell and with mounts, before anything else runs, and by
 * opsctl. The same disks are put before both. What must never differ is what is valid and what is damaged; of a disk
 * that is neither, the initrd only says that there is nothing to boot.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { judgeContent, type UnjudgedDisk } from '../../src/disk/content.ts';
import type { DiskContent, PartitionFacts } from '../../src/disk/facts.ts';
import { linuxHost } from '../../src/host/linux/index.ts';
import { temporaryFolder } from '../formats/support.ts';
import { initrdFunctions } from './initrd-functions.ts';
import { complete, disk, installed, otherUuid } from './installation.ts';

type Verdict = 'none' | 'unfinished' | 'valid' | 'damaged';

/** What a kernel would do: devices by name, a mount as a copy of what is in the file system. */
const stubs = (folder: string) => `
blocks() { ls ${folder}/dev; }
disk_of() { echo "\${1%%[0-9]*}"; }
mount() {
  while [ $# -gt 2 ]; do case $1 in -t) type=$2; shift 2 ;; -o) shift 2 ;; esac; done
  case $type in
    vfat) mcopy -sni "$1" '::/*' "$2" 2>/dev/null ;;
    ext4) debugfs -R "rdump / $2" "$1" >/dev/null 2>&1; [ -d "$2/lost+found" ] ;;
  esac
}
umount() { rm -rf "$1"; mkdir "$1"; }
`;

/** What the initrd says of a machine with these disks, and why. */
function initrdVerdict(t: ExecutionContext, disks: readonly UnjudgedDisk[]): { word: string; why: string } {
  const folder = temporaryFolder(t);
  for (const name of ['dev', 'run', 'run/state']) mkdirSync(join(folder, name));
  disks.forEach(({ partitions }, index) => {
    for (const { path, number } of partitions.filter((one) => !one.path.startsWith('/dev/')))
      symlinkSync(path, join(folder, 'dev', `vd${'abc'[index]}${number}`));
  });
  const script = `${initrdFunctions(folder)}${stubs(folder)}judge_disks; printf '%s\\n%s' "$VERDICT" "$WHY"`;
  const said = execFileSync('busybox', ['sh', '-c', script], {
    encoding: 'utf8',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', MTOOLS_SKIP_CHECK: '1' },
  });
  const [word = '', why = ''] = said.split('\n');
  return { word, why };
}

/** Words of both for one thing. */
const same = new Map<DiskContent, readonly Verdict[]>([
  ['bhojpur', ['valid']],
  ['damaged', ['damaged']],
  ['unfinished', ['unfinished', 'none']],
  ['data', ['none']],
  ['empty', ['none']],
]);

const judged = test.macro({
  exec: async (t, make: (t: ExecutionContext) => UnjudgedDisk, content: DiskContent, verdict: Verdict) => {
    const one = make(t);
    const initrd = initrdVerdict(t, [one]);
    const opsctl = await judgeContent(linuxHost(), one);
    t.is(opsctl.content, content, opsctl.contentSummary);
    t.is(initrd.word, verdict, initrd.why);
    t.true(same.get(content)?.includes(verdict));
    t.is(initrd.why !== '', verdict === 'damaged', 'a reason is given for damage, and for nothing else');
  },
  title: (title, _make, content, verdict) => `${title}: ${content} and ${verdict}`,
});

type What = Parameters<typeof installed>[1];
const made = (what: What) => (t: ExecutionContext) => installed(t, what);
const whole: What = { environment: 'valid', manifest: complete };
const torn = new Uint8Array(1024);

test('marked valid and whole', judged, made(whole), 'bhojpur', 'valid');
test('installing', judged, made({ ...whole, environment: 'installing' }), 'unfinished', 'unfinished');
test('installing, nothing copied', judged, made({ environment: 'installing' }), 'unfinished', 'unfinished');
test('partitions only', judged, made({ esp: 'blank', state: 'blank' }), 'unfinished', 'none');
test('no environment, no manifest', judged, made({}), 'unfinished', 'none');
test('a torn environment, no manifest', judged, made({ environment: torn }), 'unfinished', 'none');
test('a torn environment, a manifest', judged, made({ ...whole, environment: torn }), 'damaged', 'damaged');
test('no environment, a manifest', judged, made({ manifest: complete }), 'damaged', 'damaged');
test('a blank ESP, a manifest', judged, made({ ...whole, esp: 'blank' }), 'damaged', 'damaged');
test('an unreadable ESP', judged, made({ ...whole, esp: 'unreadable' }), 'damaged', 'damaged');
test('an unreadable ESP, no manifest', judged, made({ esp: 'unreadable' }), 'damaged', 'damaged');
test(
  'an unreadable ESP, a blank state',
  judged,
  made({ esp: 'unreadable', state: 'blank' }),
  'damaged',
  'damaged',
);
test('a file is missing', judged, made({ ...whole, without: 'boot/grub/grub.cfg' }), 'damaged', 'damaged');
test(
  'a file is too short',
  judged,
  made({ ...whole, short: 'bos/system/os/0.1.0/rootfs.squashfs' }),
  'damaged',
  'damaged',
);
test('no manifest', judged, made({ environment: 'valid' }), 'damaged', 'damaged');
for (const cut of [100, complete.length - 10])
  test(
    `a manifest of ${cut} of ${complete.length} bytes`,
    judged,
    made({ ...whole, manifest: complete.slice(0, cut) }),
    'damaged',
    'damaged',
  );
test('the state is blank', judged, made({ environment: 'valid', state: 'blank' }), 'damaged', 'damaged');
test('another state', judged, made({ ...whole, uuidOnDisk: otherUuid }), 'damaged', 'damaged');
test(
  'a state that cannot be read',
  judged,
  (t) => {
    const one = installed(t, whole);
    truncateSync(statePath(one), 4096);
    return one;
  },
  'damaged',
  'damaged',
);
test(
  'two states',
  judged,
  (t) => {
    const [first, second] = [installed(t, whole), installed(t, { uuidOnDisk: otherUuid })];
    return disk([...first.partitions, { ...stateOf(second), number: 4 }]);
  },
  'damaged',
  'damaged',
);
test('only an empty state', judged, (t) => disk([stateOf(installed(t, {}))]), 'data', 'none');
test(
  'only a state with a manifest',
  judged,
  (t) => disk([stateOf(installed(t, { manifest: complete }))]),
  'damaged',
  'damaged',
);
test('no partition', judged, () => disk([]), 'empty', 'none');

test('of two whole installations the initrd boots neither, and opsctl knows both', async (t) => {
  const disks = [installed(t, whole), installed(t, { ...whole, uuidOnDisk: otherUuid })];
  t.deepEqual(initrdVerdict(t, disks), { word: 'damaged', why: '2 partitions are labelled BOS_STATE' });
  t.is((await judgeContent(linuxHost(), disks[0] as UnjudgedDisk)).content, 'bhojpur');
});

const stateOf = (one: UnjudgedDisk) => one.partitions[2] as PartitionFacts;
const statePath = (one: UnjudgedDisk) => stateOf(one).path;

/**
 * What is on a disk is judged twice: by the initrd, in shell and with mounts, before anything else runs, and by
 * opsctl. The same disks are put before both. What must never differ is what is valid and what is damaged; of a disk
 * that is neither, the initrd only says that there is nothing to boot. One after the other: side by side the programs
 * that look at the disks wait for each other, on a slow machine until they are stopped.
 */
import test, { type ExecutionContext } from 'ava';
import type { DiskContent, PartitionFacts } from '../../src/disk/facts.ts';
import { judgeContent, type UnjudgedDisk } from '../../src/disk/probe/content.ts';
import { linuxHost } from '../../src/host/linux/index.ts';
import { complete, disk, installed, otherUuid } from '../disk/installation.ts';
import { inInitrd } from './functions.ts';

/** What the initrd says of a machine with these disks, and why. */
const initrdVerdict = (t: ExecutionContext, disks: readonly UnjudgedDisk[]) =>
  inInitrd(t, disks, 'judge_disks');

type Verdict = 'none' | 'unfinished' | 'valid' | 'damaged';

/** Words of both for one thing. */
const same = new Map<DiskContent, readonly Verdict[]>([
  ['bhojpur', ['valid']],
  ['damaged', ['damaged']],
  ['unfinished', ['unfinished', 'none']],
  ['data', ['none']],
  ['empty', ['none']],
]);

const judged = test.macro({
  exec: async (t, make: () => UnjudgedDisk, content: DiskContent, verdict: Verdict) => {
    const one = make();
    const initrd = initrdVerdict(t, [one]);
    const opsctl = await judgeContent(linuxHost(), one);
    t.is(opsctl.content, content, opsctl.contentSummary);
    t.is(initrd.word, verdict, initrd.why);
    t.true(same.get(content)?.includes(verdict));
    t.is(initrd.why !== '', verdict === 'damaged', 'a reason is given for damage, and for nothing else');
  },
  title: (title, _make, content, verdict) => `${title}: ${content} and ${verdict}`,
});

type What = Parameters<typeof installed>[0];
const made = (what: What) => () => installed(what);
const whole: What = { environment: 'valid', manifest: complete };
const torn = new Uint8Array(1024);

test.serial('marked valid and whole', judged, made(whole), 'bhojpur', 'valid');
const guest: What = { manifest: complete, esp: 'none' };
test.serial(
  'on partitions that were there',
  judged,
  made({ ...guest, stateEnvironment: 'valid' }),
  'bhojpur',
  'valid',
);
test.serial(
  'on partitions that were there, not finished',
  judged,
  made({ esp: 'none', stateEnvironment: 'filling' }),
  'damaged',
  'damaged',
);
test.serial(
  'on partitions that were there, a file is missing',
  judged,
  made({ ...guest, stateEnvironment: 'valid', without: 'boot/grub/grub.cfg' }),
  'damaged',
  'damaged',
);
test.serial(
  'on partitions that were there, copied to another',
  judged,
  made({ ...guest, stateEnvironment: 'valid', uuidOnDisk: otherUuid }),
  'damaged',
  'damaged',
);
test.serial(
  'on partitions that were there, a torn environment',
  judged,
  made({ ...guest, stateEnvironment: new Uint8Array(1024) }),
  'damaged',
  'damaged',
);
test.serial(
  'the environment of the ESP counts before that of the file system',
  judged,
  made({ ...whole, environment: 'installing', stateEnvironment: 'valid' }),
  'unfinished',
  'unfinished',
);
test.serial(
  'beside an ESP of ours that cannot be read',
  judged,
  made({ ...guest, esp: 'unreadable', stateEnvironment: 'valid' }),
  'bhojpur',
  'valid',
);
test.serial('installing', judged, made({ ...whole, environment: 'installing' }), 'unfinished', 'unfinished');
test.serial(
  'installing, nothing copied',
  judged,
  made({ environment: 'installing' }),
  'unfinished',
  'unfinished',
);
test.serial('partitions only', judged, made({ esp: 'blank', state: 'blank' }), 'unfinished', 'none');
test.serial('no environment, no manifest', judged, made({}), 'unfinished', 'none');
test.serial('a torn environment, no manifest', judged, made({ environment: torn }), 'unfinished', 'none');
test.serial(
  'a torn environment, a manifest',
  judged,
  made({ ...whole, environment: torn }),
  'damaged',
  'damaged',
);
test.serial('no environment, a manifest', judged, made({ manifest: complete }), 'damaged', 'damaged');
test.serial('a blank ESP, a manifest', judged, made({ ...whole, esp: 'blank' }), 'damaged', 'damaged');
test.serial('an unreadable ESP', judged, made({ ...whole, esp: 'unreadable' }), 'damaged', 'damaged');
test.serial('an unreadable ESP, no manifest', judged, made({ esp: 'unreadable' }), 'damaged', 'damaged');
test.serial(
  'an unreadable ESP, a blank state',
  judged,
  made({ esp: 'unreadable', state: 'blank' }),
  'damaged',
  'damaged',
);
test.serial(
  'a file is missing',
  judged,
  made({ ...whole, without: 'boot/grub/grub.cfg' }),
  'damaged',
  'damaged',
);
test.serial(
  'a file is too short',
  judged,
  made({ ...whole, short: 'bos/system/os/0.1.0/rootfs.squashfs' }),
  'damaged',
  'damaged',
);
test.serial('no manifest', judged, made({ environment: 'valid' }), 'damaged', 'damaged');
for (const cut of [100, complete.length - 10])
  test.serial(
    `a manifest of ${cut} of ${complete.length} bytes`,
    judged,
    made({ ...whole, manifest: complete.slice(0, cut) }),
    'damaged',
    'damaged',
  );
test.serial(
  'the state is blank',
  judged,
  made({ environment: 'valid', state: 'blank' }),
  'damaged',
  'damaged',
);
test.serial(
  'the state was being filled, and is blank',
  judged,
  made({ environment: 'filling', state: 'blank' }),
  'damaged',
  'damaged',
);
test.serial('another state', judged, made({ ...whole, uuidOnDisk: otherUuid }), 'damaged', 'damaged');
test.serial('a state that cannot be read', judged, made({ ...whole, state: 'cut' }), 'damaged', 'damaged');
test.serial(
  'two states',
  judged,
  () => {
    const [first, second] = [installed(whole), installed({ uuidOnDisk: otherUuid })];
    return disk([...first.partitions, { ...stateOf(second), number: 4 }]);
  },
  'damaged',
  'damaged',
);
test.serial('only an empty state', judged, () => disk([stateOf(installed({}))]), 'data', 'none');
test.serial(
  'only a state with a manifest',
  judged,
  () => disk([stateOf(installed({ manifest: complete }))]),
  'damaged',
  'damaged',
);
test.serial('no partition', judged, () => disk([]), 'empty', 'none');

test.serial('of two whole installations the initrd boots neither, and opsctl knows both', async (t) => {
  const disks = [installed(whole), installed({ ...whole, uuidOnDisk: otherUuid })];
  const { word, why } = initrdVerdict(t, disks);
  t.is(word, 'damaged');
  t.is(why, '2 partitions are labelled BOS_STATE');
  t.is((await judgeContent(linuxHost(), disks[0] as UnjudgedDisk)).content, 'bhojpur');
});

const stateOf = (one: UnjudgedDisk) => one.partitions[2] as PartitionFacts;

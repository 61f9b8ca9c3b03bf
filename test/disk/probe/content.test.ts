/** Images made by mkfs, mtools and debugfs, looked at with the real tools: no device and no mount is needed. */
import test from 'ava';
import type { DiskContent, PartitionFacts } from '../../../src/disk/facts.ts';
import { judgeContent } from '../../../src/disk/probe/content.ts';
import { parseListings } from '../../../src/disk/probe/installation.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import { fakeHost } from '../../fakes/host.ts';
import { complete, disk, type Installation, installed, otherUuid } from '../installation.ts';

const judged = test.macro({
  exec: async (t, what: Installation, content: DiskContent, summary: RegExp) => {
    const judgement = await judgeContent(linuxHost(), installed(what));
    t.is(judgement.content, content, judgement.contentSummary);
    t.regex(judgement.contentSummary, summary);
  },
  title: (title, _what, content) => `${title}: ${content}`,
});

test(
  'marked valid and whole',
  judged,
  { environment: 'valid', manifest: complete },
  'bhojpur',
  /^Bhojpur OS 0\.1\.0, kernel 6\.1/,
);
test(
  'marked installing',
  judged,
  { environment: 'installing', manifest: complete },
  'unfinished',
  /unfinished/,
);
test('marked installing, no manifest', judged, { environment: 'installing' }, 'unfinished', /unfinished/);
test('partitions only', judged, { esp: 'blank', state: 'blank' }, 'unfinished', /unfinished/);
test('an ESP without environment, no manifest', judged, {}, 'unfinished', /unfinished/);
test(
  'a torn environment, no manifest',
  judged,
  { environment: new Uint8Array(1024) },
  'unfinished',
  /unfinished/,
);
test(
  'a torn environment and a manifest',
  judged,
  { environment: new Uint8Array(1024), manifest: complete },
  'damaged',
  /no valid mark/,
);
test('no environment and a manifest', judged, { manifest: complete }, 'damaged', /no valid mark/);
test('a blank ESP and a manifest', judged, { esp: 'blank', manifest: complete }, 'damaged', /no valid mark/);
test(
  'marked valid, a file missing',
  judged,
  { environment: 'valid', manifest: complete, without: 'boot/grub/grub.cfg' },
  'damaged',
  /boot\/grub\/grub\.cfg is missing/,
);
test(
  'marked valid, a file too short',
  judged,
  { environment: 'valid', manifest: complete, short: 'bos/system/os/0.1.0/rootfs.squashfs' },
  'damaged',
  /rootfs\.squashfs is missing or incomplete/,
);
test('marked valid, no manifest', judged, { environment: 'valid' }, 'damaged', /has no manifest/);
test(
  'marked valid, the manifest is cut short',
  judged,
  { environment: 'valid', manifest: complete.slice(0, 100) },
  'damaged',
  /is not JSON/,
);
test(
  'marked valid, state blank',
  judged,
  { environment: 'valid', state: 'blank' },
  'damaged',
  /is not the file system/,
);
test(
  'marked valid for another file system',
  judged,
  { environment: 'valid', manifest: complete, uuidOnDisk: otherUuid },
  'damaged',
  /is not the file system/,
);

test('an installation on partitions beside others is never reused in silence', async (t) => {
  const ours = installed({ environment: 'installing' });
  const other: PartitionFacts = {
    path: '/dev/fake4',
    number: 4,
    start: 15e9,
    size: 1e9,
    mounts: [],
    holders: [],
    signature: { type: 'xfs', label: 'home' },
  };
  const judgement = await judgeContent(linuxHost(), disk([...ours.partitions, other]));
  t.deepEqual(judgement, {
    content: 'data',
    contentSummary: 'vfat "BOS_GRUB", ext4 "BOS_STATE", xfs "home", 1 without a file system (bios_grub)',
  });
});

test('a BOS_STATE made by hand is data, and with a manifest a damaged installation', async (t) => {
  const alone = async (what: Installation) =>
    judgeContent(linuxHost(), disk(installed(what).partitions.slice(2)));
  t.deepEqual(await alone({}), { content: 'data', contentSummary: 'ext4 "BOS_STATE"' });
  t.is((await alone({ manifest: complete })).content, 'damaged');
});

test('an ESP that cannot be read is damage, not an unfinished installation', async (t) => {
  const ours = installed({ environment: 'valid', state: 'blank' });
  const [biosGrub, esp, state] = ours.partitions as [PartitionFacts, PartitionFacts, PartitionFacts];
  const judgement = await judgeContent(
    linuxHost(),
    disk([biosGrub, { ...esp, path: '/nowhere/esp' }, state]),
  );
  t.is(judgement.content, 'damaged');
});

test('a state partition that cannot be read is damage', async (t) => {
  const ours = installed({ environment: new Uint8Array(1024), manifest: complete, state: 'cut' });
  t.is((await judgeContent(linuxHost(), ours)).content, 'damaged');
});

test('without the tools it is data', async (t) => {
  const judgement = await judgeContent(fakeHost(), installed({ environment: 'installing' }));
  t.deepEqual(judgement.content, 'data');
  t.regex(judgement.contentSummary, /mtype is not installed/);
});

test('a disk that does not answer is data', async (t) => {
  t.deepEqual(await judgeContent(fakeHost(), disk([]), 'Input/output error'), {
    content: 'data',
    contentSummary: 'unknown (Input/output error)',
  });
});

test('a table without partitions is empty', async (t) => {
  t.is((await judgeContent(fakeHost(), disk([]))).content, 'empty');
});

test('listings of debugfs give sizes of regular files', (t) => {
  const output = `debugfs: ls -p /a b
/13/040755/0/0/.//
/14/120777/0/0/current/10/
/16/100644/0/0/vmlinuz/5000/

debugfs: ls -p /
/17/100600/1000/0/x/0/
`;
  t.deepEqual(
    [...parseListings(output)],
    [
      ['a b/vmlinuz', 5000],
      ['x', 0],
    ],
  );
});

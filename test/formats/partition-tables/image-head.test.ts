import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { encodeGpt } from '../../../src/formats/partition-tables/gpt.ts';
import { readImageHead } from '../../../src/formats/partition-tables/image-head.ts';
import { handMade } from '../iso9660/hand-made.ts';
import { temporaryFolder, tool } from '../support.ts';

const MiB = 2 ** 20;
const linux = '0fc63daf-8483-4772-8e79-3d69d8477de4';

function gptHead(sectorSize: number, diskSectors: number): Buffer {
  const head = Buffer.alloc(65_536);
  const { primary } = encodeGpt({
    ...{ diskSectors, sectorSize, diskGuid: '11111111-2222-4333-8444-555555555555' },
    partitions: [
      {
        ...{ number: 1, firstLba: 64, lastLba: 127, name: 'BOS_STATE', attributes: 0n, type: linux },
        guid: '21111111-2222-4333-8444-555555555555',
      },
    ],
  });
  head.set(primary.bytes);
  return head;
}

for (const sectorSize of [512, 4096])
  test(`a GPT on sectors of ${sectorSize} bytes: how far it reaches`, async (t) => {
    t.deepEqual(await readImageHead(gptHead(sectorSize, 1000)), {
      ...{ table: 'gpt', sectorSize, iso: false, reachesTo: 1000 * sectorSize },
      partitions: [{ offset: 64 * sectorSize, length: 64 * sectorSize, name: 'BOS_STATE' }],
    });
  });

test('an MBR, as sfdisk makes it', async (t) => {
  const file = join(temporaryFolder(t), 'it');
  tool('truncate', '-s', '8M', file);
  tool('sh', '-c', `echo '2048,4096,83' | sfdisk --quiet ${file}`);
  t.like(await readImageHead(readFileSync(file).subarray(0, 65_536)), {
    ...{ table: 'mbr', sectorSize: 512, iso: false, reachesTo: 3 * MiB },
    partitions: [{ offset: MiB, length: 2 * MiB, name: '' }],
  });
});

test('a FAT volume without a table is not one with an MBR', async (t) => {
  const file = join(temporaryFolder(t), 'it');
  tool('mkfs.fat', '-C', file, '8192');
  t.like(await readImageHead(readFileSync(file).subarray(0, 65_536)), { table: 'none', reachesTo: 0 });
});

test('an ISO reaches as far as its volume says', async (t) => {
  const iso = handMade({ fields: true });
  const head = await readImageHead(iso.subarray(0, 65_536));
  t.true(head.iso);
  t.true(head.reachesTo > 32_768 && head.reachesTo <= iso.length, `${head.reachesTo} ${iso.length}`);
});

test('a damaged GPT is none, and so is nothing', async (t) => {
  const damaged = gptHead(512, 1000);
  damaged[600] = 1;
  t.is((await readImageHead(damaged)).table, 'none');
  t.is((await readImageHead(new Uint8Array())).table, 'none');
  t.is((await readImageHead(gptHead(512, 1000).subarray(0, 700))).table, 'none');
});

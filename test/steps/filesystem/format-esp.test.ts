/** The EFI system partition has clusters of 4096 bytes whatever the sectors of its disk are, and all of its room. */
import test from 'ava';
import { probeFat } from '../../../src/formats/filesystems/fat/boot-sector.ts';
import { listFatFolder, locateFatFile } from '../../../src/formats/filesystems/fat/file.ts';
import { handlers } from '../../../src/steps/index.ts';
import { sameBytes } from '../../formats/support.ts';
import { formatEsp } from '../common-steps.ts';
import { contextOf } from '../context.ts';
import { MiB, machine } from '../machine.ts';

async function made(sectorSize: 512 | 4096, time?: number) {
  const { host, names } = machine();
  const step = { ...formatEsp, sectorSize, ...(time === undefined ? {} : { time }) };
  await handlers['format-esp'].run(step, contextOf(host, names));
  return { host, device: await host.files.open('/dev/vda2', 'r') };
}

for (const sectorSize of [512, 4096] as const)
  test(`it is made for sectors of ${sectorSize} bytes`, async (t) => {
    const { device } = await made(sectorSize);
    t.like(await probeFat(device), {
      ...{ type: 'fat32', label: 'BOS_GRUB', serial: '1A2B-3C4D', size: 300 * MiB },
      ...{ bytesPerSector: sectorSize, sectorsPerCluster: 4096 / sectorSize },
    });
    t.deepEqual(await listFatFolder(device, 'EFI'), [
      { name: 'BOOT', directory: true },
      { name: 'debian', directory: true },
    ]);
    // GRUB writes to it in place: it is one run, with its full size.
    t.like(await locateFatFile(device, formatEsp.environment.path), { size: 1024, extents: { length: 1 } });
  });

test('no program is run, and what it says of time is what the plan says', async (t) => {
  const [one, other, later] = [
    await made(512, 10 ** 9),
    await made(512, 10 ** 9),
    await made(512, 10 ** 9 + 2),
  ];
  t.deepEqual(one.host.ran, []);
  sameBytes(t, await one.device.read(0, MiB), await other.device.read(0, MiB));
  t.not(Buffer.compare(await one.device.read(0, MiB), await later.device.read(0, MiB)), 0);
});

/** The EFI system partition has clusters of 4096 bytes whatever the sectors of its disk are, and all of its room. */
import test from 'ava';
import { handlers, type Step } from '../../../src/steps/index.ts';
import { formatEsp } from '../common-steps.ts';
import { contextOf } from '../context.ts';
import { machine } from '../machine.ts';

const step = formatEsp as Extract<Step, { kind: 'format-esp' }>;

async function made(sectorSize: 512 | 4096): Promise<string> {
  const { host, names } = machine();
  // What comes of it is for disks of 512 bytes.
  await handlers['format-esp'].run({ ...step, sectorSize }, contextOf(host, names)).catch(() => {});
  return host.ran.find((line) => line.startsWith('mkfs.fat')) ?? '';
}

test('it is made for the sectors of the disk', async (t) => {
  const common = 'mkfs.fat -C -F 32 -n BOS_GRUB -i 1a2b3c4d';
  const file = '/tmp/opsctl-esp-0.2@0-1/esp';
  t.is(await made(512), `${common} -S 512 -s 8 --mbr=n ${file} 307200`);
  t.is(await made(4096), `${common} -S 4096 -s 1 --mbr=n ${file} 307200`);
});

test('its folders are made in one go, and then the environment block comes last', async (t) => {
  const { host, names } = machine();
  await handlers['format-esp'].run(step, contextOf(host, names));
  t.deepEqual(host.ran.slice(1), [
    'mmd -i /tmp/opsctl-esp-0.2@0-1/esp ::/EFI ::/EFI/BOOT ::/EFI/debian',
    'mcopy -i /tmp/opsctl-esp-0.2@0-1/esp /tmp/opsctl-esp-0.2@0-1/grubenv ::/EFI/debian',
  ]);
});

test('a little room for temporary files is enough', async (t) => {
  const { host, names } = machine({ freeSpace: 16 * 2 ** 20 });
  await t.notThrowsAsync(async () => handlers['format-esp'].preflight?.(step, contextOf(host, names)));
});

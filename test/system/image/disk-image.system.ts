/**
 * Disk images made of the ISO boot on every firmware and grow to their disk. Two machines of one image, one of them with
 * settings of its own, share no id; each keeps those that it has drawn.
 */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import {
  type BootEnvironment,
  environmentPath,
  parseBootEnvironment,
} from '../../../src/boot/environment.ts';
import { within } from '../../../src/formats/bytes.ts';
import type { ImageFormat } from '../../../src/formats/disk-images/formats.ts';
import { probeExt4 } from '../../../src/formats/filesystems/ext4.ts';
import { probeFat } from '../../../src/formats/filesystems/fat/boot-sector.ts';
import { readFatFile } from '../../../src/formats/filesystems/fat/file.ts';
import { decodeGpt } from '../../../src/formats/partition-tables/gpt-decode.ts';
import { createImage } from '../../../src/image/create/create.ts';
import { espOf, readSettings, withDisk } from '../../../src/image/disk.ts';
import { editImage } from '../../../src/image/edit/edit.ts';
import type { DiskInput, Firmware } from '../../../src/vm/machine.ts';
import { bootLimit, isoOn, ok, switchOff } from '../support/boots.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';

export const issue = 14;

const password = 'secret-of-the-image';
const configOf = (from: string) => `bos:\n  password: ${password}\n  environment: {FROM: ${from}}\n`;
const silent = { emit: () => {}, signal: new AbortController().signal };

async function writeConfig(t: SystemContext, from: string): Promise<string> {
  const path = join(t.folder, `${from}.yaml`);
  await t.host.files.write(path, configOf(from));
  return path;
}

/** Boots a disk, looks at what its settings came to, and says what tells the machine from others. */
async function boots(
  t: SystemContext,
  disk: string,
  firmware: Firmware,
  from: string,
  how: Partial<DiskInput> = {},
): Promise<string> {
  const session = await t.start({
    firmware,
    memory: firmware === 'bios' ? 384 : 768,
    disks: [{ id: 'disk', file: disk, bus: 'virtio', cache: 'unsafe', ...how }],
  });
  await session.login('bhojpur', { ...bootLimit, password });
  t.log(`${firmware}: ${session.mark('login')} ms to login`);
  assert.match(await ok(session, 'systemctl is-system-running --wait', bootLimit.timeoutMs), /^running\r?$/m);
  const line = await ok(session, 'cat /proc/cmdline');
  assert.equal(/ nosmt(\s|$)/.test(line), from === 'image', line);
  assert.equal(/ edited=yes(\s|$)/.test(line), from === 'edited', line);
  const size = Number(await ok(session, 'df --output=size -B1 /var | tail -1'));
  assert.ok(size > (how.snapshot ? 2e9 : 4e9), `the state file system has ${size} bytes`);
  await ok(session, '! test -e /bos/system/growpart');
  assert.match(await ok(session, 'sudo opsctl config get bos.environment'), new RegExp(`FROM=${from}`));
  assert.equal(await ok(session, 'sudo cat /bos/system/config.yaml'), configOf(from));
  assert.match(await ok(session, 'sudo stat -c %a:%U /bos/system/config.yaml'), /^600:root/);
  const identity = await ok(
    session,
    'cat /etc/machine-id; hostname; cut -d" " -f2 /etc/ssh/ssh_host_ed25519_key.pub',
  );
  await switchOff(session);
  return identity;
}

/** The ids on a disk, and what the boot loader is told of them; the settings have left the partition for them. */
async function idsOn(
  t: SystemContext,
  path: string,
): Promise<{ ids: string[]; environment: BootEnvironment }> {
  return withDisk(t.host, path, 'r', async (disk) => {
    const table = (await decodeGpt(disk, 512))?.table;
    const esp = await espOf(path, disk);
    const volume = within(disk, esp.offset, esp.size);
    const state = await probeExt4(within(disk, (table?.partitions[2]?.firstLba ?? 0) * 512));
    const { current, before } = await readSettings(disk, esp);
    assert.deepEqual([current.config.length, before.config.length, before.menu.length], [0, 0, 0]);
    const partitions = table?.partitions.map(({ guid }) => guid) ?? [];
    return {
      ids: [`${table?.diskGuid}`, ...partitions, `${(await probeFat(volume))?.serial}`, `${state?.uuid}`],
      environment: parseBootEnvironment((await readFatFile(volume, environmentPath)) ?? new Uint8Array()),
    };
  });
}

/** Nobody needs to hash holes. */
const makes = async (t: SystemContext, format: ImageFormat): Promise<string> => {
  const output = join(t.folder, `node.${format}`);
  await createImage(
    t.host,
    {
      ...{ from: isoOn(t, 'cd').file, output, format, config: await writeConfig(t, 'image') },
      ...{ append: ['nosmt'], allowNoLogin: false, force: false, checksums: false },
    },
    silent,
  );
  return output;
};

/** A copy on a larger disk. */
async function clone(t: SystemContext, image: string, name: string): Promise<string> {
  const path = join(t.folder, name);
  await t.host.files.copy(image, path);
  if (name.endsWith('.qcow2')) await t.host.processes.run('qemu-img', ['resize', path, '5G']);
  else await t.host.files.resize(path, 5e9 - (5e9 % 4096));
  return path;
}

export const tests: SystemTest[] = [
  {
    name: 'a disk image: raw by BIOS, qcow2 and edited by Secure Boot, grown, two machines of it differ',
    seconds: 110,
    run: async (t) => {
      const clones = [
        await clone(t, await makes(t, 'raw'), 'first.img'),
        await clone(t, await makes(t, 'qcow2'), 'second.qcow2'),
      ] as const;
      await editImage(
        t.host,
        {
          ...{ image: clones[1], config: await writeConfig(t, 'edited'), undo: false, allowNoLogin: false },
          menu: { append: ['edited=yes'], delete: ['nosmt'], replace: [] },
        },
        { ...silent, dryRun: false },
      );
      const first = await boots(t, clones[0], 'bios', 'image');
      assert.notEqual(await boots(t, clones[1], 'secureboot', 'edited', { format: 'qcow2' }), first);

      const [one, two] = [await idsOn(t, clones[0]), await idsOn(t, clones[1])];
      assert.equal(new Set([...one.ids, ...two.ids]).size, one.ids.length + two.ids.length);
      assert.equal(one.environment.others.bos_next_state_uuid, one.ids.at(-1));
      // The next boot finds the file system by its own id, and takes the old one out.
      assert.equal(await boots(t, clones[0], 'bios', 'image'), first);
      const again = await idsOn(t, clones[0]);
      assert.deepEqual(again.ids, one.ids);
      assert.equal(again.environment.stateUuid, one.ids.at(-1));
      assert.equal(again.environment.others.bos_next_state_uuid, undefined);
    },
  },
  {
    name: 'disk images in other formats boot: VMDK by UEFI, VHD by BIOS',
    seconds: 60,
    soak: true,
    run: async (t) => {
      // QEMU cannot write to a streamOptimized VMDK.
      await boots(t, await makes(t, 'vmdk'), 'uefi', 'image', { format: 'vmdk', snapshot: true });
      await boots(t, await makes(t, 'vhd'), 'bios', 'image', { format: 'vpc', snapshot: true });
    },
  },
];

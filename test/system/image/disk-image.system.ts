/** A disk image made of the ISO boots on every firmware, grows to its disk, and makes machines that differ. */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { createImage } from '../../../src/image/create/create.ts';
import type { Firmware } from '../../../src/vm/machine.ts';
import { bootLimit, isoOn, ok, switchOff } from '../support/boots.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';

export const issue = 14;

const config = 'bos:\n  password: secret-of-the-image\n  environment: {FROM: image}\n';
const password = 'secret-of-the-image';

/** Copies an image to a larger disk, boots it, and says what tells the machine from others. */
async function boots(t: SystemContext, image: string, firmware: Firmware): Promise<string> {
  const disk = join(t.folder, `${firmware}.img`);
  await t.host.files.copy(image, disk);
  await t.host.files.resize(disk, 5e9 - (5e9 % 4096));
  const session = await t.start({
    firmware,
    memory: firmware === 'bios' ? 384 : 768,
    disks: [{ id: 'disk', file: disk, bus: 'virtio', cache: 'unsafe' }],
  });
  await session.login('bhojpur', { ...bootLimit, password });
  t.log(`${firmware}: ${session.mark('login')} ms to login`);
  assert.match(await ok(session, 'systemctl is-system-running --wait', bootLimit.timeoutMs), /^running\r?$/m);
  assert.match(await ok(session, 'cat /proc/cmdline'), / nosmt( |$)/);
  const size = Number(await ok(session, 'df --output=size -B1 /var | tail -1'));
  assert.ok(size > 4e9, `the state file system has ${size} bytes`);
  await ok(session, '! test -e /bos/system/growpart');
  assert.match(await ok(session, 'sudo opsctl config get bos.environment'), /FROM=image/);
  const identity = await ok(
    session,
    'cat /etc/machine-id; hostname; cut -d" " -f2 /etc/ssh/ssh_host_ed25519_key.pub',
  );
  await switchOff(session);
  return identity;
}

export const tests: SystemTest[] = [
  {
    name: 'a disk image: made of the ISO, booted by BIOS and Secure Boot, grown, two machines of it differ',
    seconds: 170,
    run: async (t) => {
      const output = join(t.folder, 'node.img');
      await t.host.files.write(join(t.folder, 'node.yaml'), config);
      await createImage(
        t.host,
        {
          ...{ from: isoOn(t, 'cd').file, output, config: join(t.folder, 'node.yaml') },
          ...{ append: ['nosmt'], allowNoLogin: false, force: false },
        },
        { emit: () => {}, signal: new AbortController().signal },
      );
      const first = await boots(t, output, 'bios');
      assert.notEqual(await boots(t, output, 'secureboot'), first);
    },
  },
];

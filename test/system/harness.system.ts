/** The harness itself on the real live system: what every other system test stands on. */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { saveState } from '../../src/vm/saved-state.ts';
import type { Fixture, SystemTest } from './support.ts';

export const issue = 2;

const state = 'state';

export const fixtures: Fixture[] = [
  {
    name: 'live prompt, BIOS',
    seconds: 60,
    async make(t) {
      const medium = { id: 'medium', file: join(t.artifacts, 'bos-amd64.iso'), bus: 'cd' } as const;
      const session = await t.start({ memory: 512, hotplug: true, disks: [medium] });
      await session.login('bhojpur');
      await saveState(session, t.host, join(t.folder, state));
    },
  },
];

export const tests: SystemTest[] = [
  {
    name: 'a saved live system takes disks and lets them go',
    seconds: 15,
    uses: ['live prompt, BIOS'],
    async run(t) {
      const session = await t.resume(join(t.fixture('live prompt, BIOS'), state));
      for (const [bus, name] of [
        ['virtio', 'vda'],
        ['nvme', 'nvme0n1'],
        ['usb', 'sda'],
      ] as const) {
        const file = await t.emptyDisk(`${bus}.img`, 64 << 20);
        const disk = await session.plug({ id: bus, file, bus, sectorSize: 4096, serial: `S-${bus}` });
        const wait = await session.run(
          `sudo udevadm wait --timeout=30 /dev/${name} && lsblk -dnbo SIZE,LOG-SEC /dev/${name}`,
        );
        assert.equal(wait.exitCode, 0, wait.stdout);
        assert.match(wait.stdout, /^\s*67108864\s+4096\n$/);
        await session.unplug(disk);
      }
      await session.powerDown();
      assert.deepEqual(await session.awaitExit(), { exitCode: 0, signal: null });
    },
  },
];

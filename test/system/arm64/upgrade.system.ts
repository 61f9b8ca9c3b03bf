/** A node of arm64, made as a disk image on this machine, is upgraded from a disc, proves the new version, and returns. */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { createImage } from '../../../src/image/create/create.ts';
import { bootLimit, fails, isoOn, ok, switchOff } from '../support/boots.ts';
import type { SystemTest } from '../support/machines.ts';
import { nextVersion } from '../support/upgrades/next-version.ts';
import { password, settled } from '../support/upgrades/recorded-upgrade.ts';

export const issue = 17;

const arch = 'arm64';

export const tests: SystemTest[] = [
  {
    name: 'arm64: a node is upgraded from a disc, proves the new version, and goes back',
    seconds: 400,
    soak: true,
    run: async (t) => {
      const iso = isoOn(t, 'cd', arch).file;
      const config = join(t.folder, 'config.yaml');
      await t.host.files.write(config, `bos:\n  password: ${password}\n`);
      const disk = join(t.folder, 'node.raw');
      await createImage(
        t.host,
        {
          ...{ from: iso, output: disk, format: 'raw', config, append: [] },
          ...{ allowNoLogin: false, force: false, checksums: false, size: 4e9 - (4e9 % 2 ** 20) },
        },
        { emit: () => {}, signal: new AbortController().signal },
      );
      const next = await nextVersion(t, iso, '9.0.0');
      const session = await t.start({
        ...{ arch, firmware: 'uefi' as const, memory: 1024 },
        disks: [
          { id: 'disk', file: disk, bus: 'virtio', cache: 'unsafe', bootIndex: 0 },
          { id: 'next', file: next, bus: 'cd', readOnly: true, bootIndex: 1 },
          { ...isoOn(t, 'virtio'), id: 'other', bootIndex: 2 },
        ],
      });
      const before = await settled(session);
      await fails(
        session,
        'sudo opsctl upgrade /dev/vdb',
        3,
        'The medium is for amd64, but this machine is arm64',
      );
      await ok(session, 'sudo opsctl upgrade /dev/sr0', bootLimit.timeoutMs);
      session.type('sudo systemctl reboot\n');
      const after = await settled(session);
      assert.equal(after.os, '9.0.0');
      assert.equal(after.last?.end, 'proved', JSON.stringify(after.last));
      assert.match(await ok(session, 'sudo opsctl rollback', bootLimit.timeoutMs), /The next start is of/);
      session.type('sudo systemctl reboot\n');
      const back = await settled(session);
      assert.equal(back.os, before.os);
      await switchOff(session);
    },
  },
];

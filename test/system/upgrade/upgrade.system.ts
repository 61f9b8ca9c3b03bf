/** A node is upgraded from a disc: the new version proves itself, and the old one comes back when it is asked to. */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { createImage } from '../../../src/image/create/create.ts';
import type { UpgradeStatus } from '../../../src/upgrade/status.ts';
import type { Session } from '../../../src/vm/session.ts';
import { bootLimit, isoOn, ok } from '../support/boots.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';
import { nextVersion } from '../support/next-version.ts';

export const issue = 15;

const password = 'secret-of-the-node';
const login = { ...bootLimit, password };

/** A disk with the version that was built. */
async function installedDisk(t: SystemContext): Promise<string> {
  const [config, output] = [join(t.folder, 'config.yaml'), join(t.folder, 'node.img')];
  await t.host.files.write(config, `bos:\n  password: ${password}\n`);
  await createImage(
    t.host,
    {
      ...{ from: isoOn(t, 'cd').file, output, format: 'raw', config, append: [] },
      ...{ allowNoLogin: false, force: false, checksums: false, size: 4e9 - (4e9 % 2 ** 20) },
    },
    { emit: () => {}, signal: new AbortController().signal },
  );
  return output;
}

/** When everything that starts with the system has ended, the judgement of a trial too. */
async function settled(
  session: Session,
): Promise<UpgradeStatus & { readonly os: string; readonly kernel: string }> {
  await session.login('bhojpur', login);
  assert.match(await ok(session, 'systemctl is-system-running --wait', bootLimit.timeoutMs), /^running\r?$/m);
  const { os, kernel, upgrades } = JSON.parse(await ok(session, 'sudo opsctl status --json')) as {
    os: string;
    kernel: string;
    upgrades: UpgradeStatus;
  };
  return { os, kernel, ...upgrades };
}

export const tests: SystemTest[] = [
  {
    name: 'upgrade: from a disc, the new version proves itself; and back by hand',
    seconds: 170,
    run: async (t) => {
      const medium = await nextVersion(t, '9.0.0');
      const session = await t.start({
        ...{ firmware: 'bios', memory: 512 },
        disks: [
          { id: 'disk', file: await installedDisk(t), bus: 'virtio', cache: 'unsafe' },
          { id: 'next', file: medium, bus: 'cd', readOnly: true },
        ],
      });
      const before = await settled(session);
      assert.deepEqual(
        before.deployments.map(({ roles }) => roles),
        [['running', 'next']],
      );
      await ok(session, 'echo kept | sudo tee /var/kept');
      const upgraded = await ok(session, 'sudo opsctl upgrade /dev/sr0', bootLimit.timeoutMs);
      assert.match(upgraded, /The next start is of 9\.0\.0/);
      assert.match(upgraded, new RegExp(`otherwise ${before.os} comes back`));
      t.log(`upgrade: ${session.mark('upgrade')} ms`);
      session.type('sudo systemctl reboot\n');

      const after = await settled(session);
      assert.equal(after.os, '9.0.0');
      assert.match(after.kernel, /^\d.*\+[0-9a-f]{8}$/);
      assert.deepEqual(after.tries, []);
      assert.equal(after.last?.end, 'proved', JSON.stringify(after.last));
      assert.equal(after.patchedVersion, '9.0.0');
      assert.match(
        await ok(session, 'cat /var/kept; sudo modprobe -n loop && echo modules'),
        /kept[\s\S]*modules/,
      );
      assert.match(
        await ok(session, 'sudo opsctl upgrade /dev/sr0'),
        /Nothing to do: this node runs 9\.0\.0/,
      );

      assert.match(await ok(session, 'sudo opsctl rollback', bootLimit.timeoutMs), /The next start is of/);
      session.type('sudo systemctl reboot\n');
      const back = await settled(session);
      assert.equal(back.os, before.os);
      assert.equal(back.kernel, before.kernel);
      assert.equal(back.last?.end, 'rolled-back');
      assert.match(
        await ok(session, 'sudo opsctl upgrade /dev/sr0 2>&1; echo code $?'),
        /returned from version 9\.0\.0[\s\S]*code 3/,
      );
    },
  },
];

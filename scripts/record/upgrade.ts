/** An upgrade that fails: the kernel of the new version panics, and the version before comes back by itself. */
import { join } from 'node:path';
import { createImage } from '../../src/image/create/create.ts';
import { fromProfile } from '../../src/vm/profiles.ts';
import type { Session } from '../../src/vm/session.ts';
import { start } from '../../src/vm/start.ts';
import { nextVersion } from '../../test/system/support/upgrades/next-version.ts';
import { account, boot, type Recorder, type Recording } from './recorder.ts';

export const upgrade: Recording = {
  name: 'upgrade',
  title: 'An upgrade to a version that does not start: the version before comes back by itself',
  still: 'did not prove itself',
  async perform(recorder) {
    const { folder, host } = recorder;
    const iso = join(recorder.artifacts, 'bos-amd64.iso');
    const broken = await nextVersion({ host, folder }, iso, '0.2.0', {
      // Not an archive: the kernel finds no init in it.
      initrd: (path) => host.files.write(path, 'damaged\n'.repeat(1000)),
    });
    const [config, disk] = [join(folder, 'config.yaml'), join(folder, 'node.img')];
    await host.files.write(config, `hostname: node1\nbos:\n  password: ${account.password}\n`);
    await createImage(
      host,
      {
        ...{ from: iso, output: disk, format: 'raw', config, append: [] },
        ...{ allowNoLogin: false, force: false, checksums: false, size: 4e9 - (4e9 % 2 ** 20) },
      },
      { emit: () => {}, signal: new AbortController().signal },
    );
    const session = await start(
      fromProfile('bios', {
        name: 'record',
        memory: 1024,
        disks: [
          { id: 'disk', file: disk, bus: 'virtio', bootIndex: 1, cache: 'unsafe' },
          { id: 'next', file: broken, bus: 'cd', readOnly: true, bootIndex: 2 },
        ],
      }),
      recorder.listening,
    );
    try {
      await fail(recorder, session);
    } finally {
      await session.close();
    }
  },
};

async function fail(recorder: Recorder, session: Session): Promise<void> {
  recorder.pace(8, 500);
  await recorder.logIn(session, account);
  await command(recorder, session, 'sudo opsctl upgrade /dev/sr0 --tries 1');
  await recorder.pause(1500);
  await recorder.type(session, 'sudo reboot\n');
  recorder.pace(4, 1500);
  await session.awaitText(/is on trial/, boot);
  await session.awaitText(/Kernel panic/, boot);
  await session.awaitText(/did not prove itself/, boot);
  recorder.pace(6, 1500);
  await recorder.logIn(session, account);
  // Until it is recorded.
  await session.awaitText(/went back to/, boot);
  await command(recorder, session, 'sudo opsctl status');
  await recorder.pause(500);
}

async function command(recorder: Recorder, session: Session, line: string): Promise<void> {
  await recorder.pause(700);
  await recorder.type(session, `${line}\n`);
  recorder.pace(4, 1000);
  await session.awaitText(/[$] $/, boot);
  recorder.pace(1, 2500);
}

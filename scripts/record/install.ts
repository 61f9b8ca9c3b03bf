/** An installation: the installer in the menu of the ISO, its questions, and the first boot of the disk. */
import { join } from 'node:path';
import { fromProfile } from '../../src/vm/profiles.ts';
import type { Session } from '../../src/vm/session.ts';
import { start } from '../../src/vm/start.ts';
import { account, boot, type Recorder, type Recording } from './recorder.ts';

export const install: Recording = {
  name: 'install',
  title: 'Installing Bhojpur OS from its ISO at a serial console, and the first boot of the disk',
  still: 'is installed on',
  async perform(recorder) {
    const disk = join(recorder.folder, 'disk.img');
    const file = await recorder.host.files.open(disk, 'w');
    await file.write(8 * 2 ** 30 - 1, new Uint8Array(1));
    await file.close();
    const session = await start(
      fromProfile('bios', {
        name: 'record',
        memory: 1024,
        disks: [
          // Before the medium: empty, it is passed over, and installed, it is what the machine restarts from.
          { id: 'disk', file: disk, bus: 'virtio', serial: 'DISK1', bootIndex: 1, cache: 'unsafe' },
          { id: 'medium', file: join(recorder.artifacts, 'bos-amd64.iso'), bus: 'cd', bootIndex: 2 },
        ],
      }),
      recorder.listening,
    );
    try {
      await answer(recorder, session);
      await firstBoot(recorder, session);
    } finally {
      await session.close();
    }
  },
};

async function answer(recorder: Recorder, session: Session): Promise<void> {
  await session.awaitText(/Rescue shell/, boot);
  await recorder.pause(1500);
  // Ctrl-N: the arrow key is three bytes, which GRUB takes apart on a busy machine.
  await recorder.type(session, '\x0e');
  await recorder.pause(900);
  recorder.pace(4, 700);
  await recorder.type(session, '\r');
  await session.awaitText(/How does this machine get its network address/, boot);
  await recorder.type(session, '\r');
  await session.awaitText(/How will you log in/);
  recorder.pace(1, 1800);
  await recorder.pause(1800);
  await recorder.type(session, '\r');
  await session.awaitText(/Ctrl-T/);
  await recorder.type(session, `${account.password}\r`);
  await session.awaitText(/Repeat the password:/);
  await recorder.type(session, `${account.password}\r`);
  await session.awaitText(/Host name/);
  await recorder.type(session, 'node1\r');
  await session.awaitText(/Type yes/);
  recorder.pace(1, 4000);
  await recorder.pause(4000);
  await recorder.type(session, 'yes\r');
  recorder.pace(6, 1000);
  await session.awaitText(/is installed on/, boot);
  recorder.pace(1, 2500);
}

async function firstBoot(recorder: Recorder, session: Session): Promise<void> {
  await session.awaitText(/Rescue shell/, boot);
  recorder.pace(4, 700);
  await recorder.logIn(session, account);
  for (const command of [
    'opsctl --version',
    'findmnt /usr',
    'df -h --output=source,size,avail,target /var',
  ]) {
    await recorder.pause(700);
    await recorder.type(session, `${command}\n`);
    await session.awaitText(/[$] $/, boot);
  }
  await recorder.pause(500);
}

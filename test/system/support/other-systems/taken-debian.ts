/** The Debian that is taken over, as tests have it: its disk, what is made on it before, and what must be the same after. */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import type { DiskInput } from '../../../../src/vm/machine.ts';
import type { Session } from '../../../../src/vm/session.ts';
import { ok } from '../boots.ts';
import type { SystemContext } from '../machines.ts';

/** Of the fixture. */
export const oldDebian = 'a Debian to take over';
export const password = 'open';

/** The disk of the Debian, for one test. */
export async function debianDisk(t: SystemContext): Promise<DiskInput> {
  const file = join(t.folder, 'debian.img');
  await t.host.processes.run('cp', ['--sparse=always', join(t.fixture(oldDebian), 'debian.img'), file]);
  return { id: 'debian', file, bus: 'virtio', serial: 'debian1', cache: 'unsafe' };
}

/** Makes what a careless script would trip over on a running system, and a configuration with a password. */
export async function prepare(session: Session): Promise<void> {
  await ok(
    session,
    'touch /etc/immutable "/x boot/immutable" && chattr +i /etc/immutable "/x boot/immutable"',
  );
  await ok(session, 'chattr +a /var/log/wtmp; chattr +i /srv');
  await ok(session, `printf 'bos:\\n  password: ${password}\\n' > /root/config.yaml`);
}

/**
 * What is in the old system: of folders that are read quickly their content, of the others what their inodes say, which
 * have the time of their last change. A shell that ends with the restart writes its history.
 */
export const digestOf = async (session: Session) =>
  digestIn(
    await ok(
      session,
      '(find /etc /root -xdev -type f ! -name .bash_history -print0 | sort -z | xargs -0 sha256sum; ' +
        "find /usr /boot /srv -xdev -type f ! -name grubenv -printf '%p %s %m %i %T@ %C@\\n' | sort) | sha256sum",
      120_000,
    ),
  );

/** What sha256sum has printed: the kernel may say something on the same console meanwhile. */
export function digestIn(text: string): string {
  const [digest] = /\b[0-9a-f]{64}\b/.exec(text) ?? [];
  assert.ok(digest, text);
  return digest;
}

/** What is waited for after a restart comes at the end of two boots, and after the network was waited for. */
export const patience = { timeoutMs: 400_000 };

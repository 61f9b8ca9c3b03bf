/**
 * bos.ssh_password_login: a file for sshd while it is turned off, none while it is on.
 *
 * /etc is new at every boot: a key that left the configuration takes the file away with the next one, and not sooner,
 * so that a source that cannot be read for a while opens nothing.
 */
import { dirname } from 'node:path';
import { applier } from './applier.ts';

/**
 * Before all others of the folder: of several values sshd takes the first (sshd_config(5)). Debian's sshd_config reads
 * the folder at its beginning.
 */
export const passwordLoginFile = '/etc/ssh/sshd_config.d/00-password-login.conf';

/** Both ways on which sshd asks for a password. */
const turnedOff = `# From bos.ssh_password_login; made anew at every boot.
PasswordAuthentication no
KbdInteractiveAuthentication no
`;

export const sshPasswordLoginApplier = applier({
  key: 'bos.ssh_password_login',
  apply: async ({ host, path }, allowed) => {
    const { files, processes } = host;
    const file = path(passwordLoginFile);
    const present = await files.readText(file).catch(() => undefined);
    if (present === (allowed ? undefined : turnedOff)) return;
    if (allowed) {
      await files.remove(file);
    } else {
      await files.makeDir(dirname(file), 0o755);
      await files.writeAtomic(file, turnedOff, { mode: 0o644 });
    }
    // sd_booted(3). The boot phase runs before systemd and any sshd; by hand it runs beside them.
    if (!(await files.exists(path('/run/systemd/system')))) return;
    await processes.run('systemctl', ['try-reload-or-restart', 'ssh.service'], { timeoutMs: 30_000 });
  },
});

/**
 * Passwords over ssh: closed in the image, opened by a password in the configuration or by bos.ssh_password_login, and
 * closed by that against everything else.
 *
 * /etc is new at every boot: a key that left the configuration takes its file away with the next one, and not sooner,
 * so that a source that cannot be read for a while opens nothing and locks nobody out.
 */
import { dirname } from 'node:path';
import { type ApplyContext, applier } from './applier.ts';

/**
 * Before all others of the folder: of several values sshd takes the first (sshd_config(5)). Debian's sshd_config reads
 * the folder at its beginning.
 */
export const passwordLoginFile = '/etc/ssh/sshd_config.d/00-password-login.conf';
/** Behind the one that closes, before the image's own. */
export const openedFile = '/etc/ssh/sshd_config.d/10-password-login.conf';
/** The image's own. */
const imageFile = '/etc/ssh/sshd_config.d/bos.conf';

/** Both ways on which sshd asks for a password. */
const turnedOff = `# From bos.ssh_password_login; made anew at every boot.
PasswordAuthentication no
KbdInteractiveAuthentication no
`;

const turnedOn = `# From bos.password or bos.ssh_password_login; made anew at every boot.
PasswordAuthentication yes
`;

export const sshPasswordLoginApplier = applier({
  key: 'bos.ssh_password_login',
  apply: async (context, allowed) => {
    const { host, path } = context;
    const { files } = host;
    const file = path(passwordLoginFile);
    const present = await files.readText(file).catch(() => undefined);
    if (allowed) {
      if (present !== undefined) await files.remove(file);
      const opened = await openInImage(context);
      if (present !== undefined || opened) await reloadSshd(context);
    } else if (present !== turnedOff) {
      await files.makeDir(dirname(file), 0o755);
      await files.writeAtomic(file, turnedOff, { mode: 0o644 });
      await reloadSshd(context);
    }
  },
});

/** Lets who has a configured password use it over ssh, unless the configuration says that nobody may. */
export async function openPasswordLogin(context: ApplyContext): Promise<void> {
  if (context.config['bos.ssh_password_login'] === false) return;
  if (await openInImage(context)) await reloadSshd(context);
}

/** Whether that changed anything: an sshd of another image may be open already. */
async function openInImage({ host: { files }, path }: ApplyContext): Promise<boolean> {
  const image = await files.readText(path(imageFile)).catch(() => '');
  if (!/^PasswordAuthentication no$/m.test(image) || (await files.exists(path(openedFile)))) return false;
  await files.writeAtomic(path(openedFile), turnedOn, { mode: 0o644 });
  return true;
}

async function reloadSshd({ host: { files, processes }, path }: ApplyContext): Promise<void> {
  // sd_booted(3). The boot phase runs before systemd and any sshd; by hand it runs beside them.
  if (!(await files.exists(path('/run/systemd/system')))) return;
  await processes.run('systemctl', ['try-reload-or-restart', 'ssh.service'], { timeoutMs: 30_000 });
}

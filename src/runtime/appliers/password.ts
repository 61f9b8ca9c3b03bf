/** bos.password: the second field of the user's line in /etc/shadow; and sshd asks for it. */
import { isCrypt } from '../../config/keys/checks.ts';
import { isLockedPassword } from '../../config/keys/login.ts';
import type { Host } from '../../host/ports.ts';
import { userName } from './accounts.ts';
import { type ApplyContext, applier } from './applier.ts';
import { openPasswordLogin } from './ssh-password-login.ts';

export const passwordApplier = applier({
  key: 'bos.password',
  once: true,
  apply: async (context, password) => {
    // An empty one is none, which is what the image begins with; it must not open the console to everybody.
    if (password === '') return;
    await setPassword(context, password);
    if (!isLockedPassword(password)) await openPasswordLogin(context);
  },
});

async function setPassword({ host, path }: ApplyContext, password: string): Promise<void> {
  const { files } = host;
  const shadow = path('/etc/shadow');
  const [text, stat] = await Promise.all([files.readText(shadow), files.stat(shadow)]);
  const lines = text.split('\n').map((line) => line.split(':'));
  const line = lines.find(([name]) => name === userName);
  if (line === undefined || stat === undefined) throw new Error(`/etc/shadow has no line for ${userName}`);
  const field = await shadowField(host, password, line[1] ?? '');
  if (field === line[1]) return;
  line[1] = field;
  await files.writeAtomic(shadow, lines.map((fields) => fields.join(':')).join('\n'), { mode: 0o640 });
  await files.chown(shadow, stat.uid, stat.gid);
}

async function shadowField(host: Host, password: string, present: string): Promise<string> {
  if (isCrypt(password) || isLockedPassword(password)) return password;
  // With the salt that is there the same password gives the same hash: nothing to write in later phases.
  const salt = /^\$6\$([./A-Za-z0-9]{1,16})\$/.exec(present)?.[1];
  const args = ['passwd', '-6', ...(salt === undefined ? [] : ['-salt', salt]), '-stdin'];
  const { stdout } = await host.processes.run('openssl', args, { input: `${password}\n` });
  const hash = stdout.trim();
  if (!isCrypt(hash)) throw new Error('openssl passwd gave no hash');
  return hash;
}

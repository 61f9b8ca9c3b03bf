/** Whether anybody could log in over ssh, as far as the machine itself can know. */
import { join } from 'node:path';
import { publicKeyFault } from '../../config/checks/public-keys.ts';
import { publicKeyLine } from '../../config/keys/checks.ts';
import { isUsablePassword } from '../../config/keys/login.ts';
import type { Host } from '../../host/ports.ts';
import { findUser, userName } from '../appliers/accounts.ts';

const timeoutMs = 30_000;

/** Why nobody can; undefined when somebody could, or it is not known. Of what only waits it says nothing. */
export async function noWayIn(host: Host, root: string): Promise<string | undefined> {
  const { processes } = host;
  const settings = await processes
    .run('sshd', ['-T'], { timeoutMs, okCodes: [0, 1, 255] })
    .catch(() => undefined);
  if (settings === undefined) return undefined;
  // The same faults as in `sshd -t`. Its lines end with CR LF when they do not go to the system log.
  if (settings.exitCode !== 0)
    return `sshd refuses its configuration: ${settings.stderr.trim().split(/[\r\n]/)[0] ?? ''}`;
  const state = await processes
    .run('systemctl', ['show', '--property=ActiveState', '--value', 'ssh.service'], { timeoutMs })
    .then(
      ({ stdout }) => stdout.trim(),
      () => '',
    );
  if (state === 'failed' || state === 'inactive') return `sshd does not run: ssh.service is ${state}`;
  return nobodysKey(host, root, settings.stdout);
}

async function nobodysKey(host: Host, root: string, settings: string): Promise<string | undefined> {
  const value = (name: string) => new RegExp(`^${name} (.*)$`, 'm').exec(settings)?.[1] ?? 'none';
  // Who is known elsewhere is known there alone.
  if (value('authorizedkeyscommand') !== 'none' || value('trustedusercakeys') !== 'none') return undefined;
  if (value('authorizedkeysfile').split(' ')[0] !== '.ssh/authorized_keys') return undefined;
  const { home } = await findUser(host, root, userName).catch(() => ({ home: '' }));
  if (home === '') return undefined;
  const keys = await host.files.readText(join(root, home, '.ssh/authorized_keys')).catch(() => '');
  const isKey = (line: string) => publicKeyLine.test(line) && publicKeyFault(line) === undefined;
  if (keys.split('\n').some((line) => isKey(line.trim()))) return undefined;
  const shadow = await host.files.readText(join(root, 'etc/shadow')).catch(() => '');
  const hash = new RegExp(`^${userName}:([^:]*)`, 'm').exec(shadow)?.[1];
  if (isUsablePassword(hash) && value('passwordauthentication') === 'yes') return undefined;
  return `nobody can log in over ssh: ${userName} has neither a key nor a password that sshd takes`;
}

/** The question of an installation that must not be left open: how somebody will log in. */

import { isPublicKeyLine, publicKeyFault } from '../../../../config/checks/public-keys.ts';
import { weakness } from '../../../../config/checks/weak-password.ts';
import type { Config } from '../../../../config/config.ts';
import * as checks from '../../../../config/keys/checks.ts';
import { hasLogin } from '../../../../config/keys/login.ts';
import { OpsError } from '../../../../errors.ts';
import type { Host } from '../../../../host/ports.ts';
import { installedConfig } from '../../../../install/check/fetch-config.ts';
import { trimmedHint, validateInput } from '../../../terminal/validate-input.ts';
import type { Conversation } from '../../../terminal/way-back.ts';
import { describeKey, fetchUserKeys, type KeyService, keyServices } from './ssh-keys.ts';

/** Keys for the installed system, or a configuration that has them. */
export interface Login {
  readonly config?: Config;
  readonly configUrl?: string;
}

type Way = 'password' | KeyService | 'key' | 'config';

export async function askForLogin(host: Host, talk: Conversation): Promise<Login> {
  for (;;) {
    const way = await talk.select<Way>({
      message: 'How will you log in (user bhojpur)?',
      choices: [
        { name: 'a password', value: 'password' },
        { name: 'the ssh keys of a GitHub user', value: 'github' },
        { name: 'the ssh keys of a GitLab user', value: 'gitlab' },
        { name: 'an ssh public key', value: 'key' },
        { name: 'use a configuration from a URL', value: 'config' },
      ],
    });
    if (way === 'password') return { config: { 'bos.password': await askForPassword(host, talk) } };
    if (way === 'config') return { configUrl: await askForConfig(host, talk) };
    const keys = way === 'key' ? [await askForKey(talk)] : await askForKeysOf(host, talk, way);
    if (keys.length > 0) return { config: { ssh_authorized_keys: keys } };
  }
}

/** The hash, as crypt(5) has it: what was typed is not kept in clear text on the disk. */
async function askForPassword(host: Host, talk: Conversation): Promise<string> {
  for (;;) {
    const first = await talk.password({
      message: 'Password:',
      fleeting: true,
      validate: (value) =>
        value === '' ? 'The password cannot be empty.' : (checks.password(value) ?? true),
    });
    const again = await talk.password({ message: 'Repeat the password:', fleeting: true });
    if (first !== again) {
      talk.passOver(2);
      talk.tell('The passwords differ.\n');
      continue;
    }
    const why = weakness(first);
    talk.tell(
      why === undefined ? 'Password: set.\n' : `Password: set, but weak: ${why}. Esc goes back to it.\n`,
    );
    return talk.once(async () => {
      const { stdout } = await host.processes.run('openssl', ['passwd', '-6', '-stdin'], {
        input: `${first}\n`,
      });
      return stdout.trim();
    });
  }
}

const publicKey = (value: string) =>
  isPublicKeyLine(value) ? publicKeyFault(value) : 'expected a public key, such as ssh-ed25519 AAAA… name';

async function askForKey(talk: Conversation): Promise<string> {
  const key = await talk.input({
    message: 'Public key:',
    validate: validateInput(publicKey),
    hint: trimmedHint(publicKey),
  });
  return key.trim();
}

/** Empty when the person did not want the keys that were found. */
async function askForKeysOf(host: Host, talk: Conversation, service: KeyService): Promise<readonly string[]> {
  const name = keyServices[service];
  const found = new Map<string, readonly string[]>();
  const userName = (value: string) =>
    checks.sshKey(`${service}:${value}`) === undefined ? undefined : `expected a user name on ${name}`;
  const answer = await talk.input({
    message: `${name} user:`,
    hint: trimmedHint(userName),
    validate: async (value) => {
      const user = value.trim();
      const fault = userName(user);
      if (fault !== undefined) return fault;
      try {
        found.set(user, await fetchUserKeys(host, service, user));
      } catch (error) {
        if (error instanceof OpsError) return `${error.message} (Esc: another way)`;
        throw error;
      }
      return (
        (found.get(user) ?? []).length > 0 || `${user} has not published any keys there (Esc: another way)`
      );
    },
  });
  const user = answer.trim();
  const keys = await talk.once(async () => found.get(user) ?? (await fetchUserKeys(host, service, user)));
  talk.tell(`Keys of ${user} on ${name}:\n${keys.map((key) => `  ${describeKey(key)}\n`).join('')}`);
  const wanted = await talk.confirm({
    message: keys.length === 1 ? 'Use this key?' : `Use these ${keys.length} keys?`,
    default: true,
  });
  return wanted ? keys : [];
}

async function askForConfig(host: Host, talk: Conversation): Promise<string> {
  const url = await talk.input({
    message: 'URL of the configuration:',
    hint: trimmedHint(checks.configUrl),
    validate: (value, signal) => fetchable(host, value.trim(), talk, signal),
  });
  return url.trim();
}

/** True, or why the configuration cannot be used, so that it can be corrected where it was typed. */
async function fetchable(
  host: Host,
  url: string,
  talk: Conversation,
  signal?: AbortSignal,
): Promise<true | string> {
  const fault = checks.configUrl(url);
  if (fault !== undefined) return fault;
  try {
    const say = (line: string) => {
      if (signal?.aborted !== true) talk.aside(`${line}\n`);
    };
    const { config } = await installedConfig(
      host,
      url,
      {},
      { say, ...(signal === undefined ? {} : { signal }) },
    );
    return hasLogin(config) || 'it gives nobody a way to log in (ssh_authorized_keys, bos.password)';
  } catch (error) {
    if (error instanceof OpsError) return [error.message, ...error.details].join('\n');
    throw error;
  }
}

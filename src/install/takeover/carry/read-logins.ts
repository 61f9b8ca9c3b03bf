/** How one logs in to the Linux that runs: the host keys of its sshd, and whose keys it takes. Reads only. */
import { publicKeyFault } from '../../../config/checks/public-keys.ts';
import { publicKeyLine } from '../../../config/keys/public-key-line.ts';
import { sha256Of } from '../../../host/digest.ts';
import type { Host } from '../../../host/ports.ts';
import type { SshdSettings } from './sshd-settings.ts';

/** A file as a plan names it: never what is in it. */
export interface HostKeyFile {
  readonly path: string;
  /** What it is called in the new system. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
}

/** The private keys with their public ones, in the order of the settings. */
export async function readHostKeys({ files }: Host, settings: SshdSettings): Promise<HostKeyFile[]> {
  const found: HostKeyFile[] = [];
  for (const path of settings.hostKeys) {
    const secret = await files.read(path).catch(() => undefined);
    if (secret === undefined || !/^-----BEGIN .*PRIVATE KEY-----\n/.test(secret.toString('latin1'))) continue;
    const open = await files.read(`${path}.pub`).catch(() => undefined);
    const name = nameOf(path, open?.toString('latin1') ?? '');
    if (name === undefined || found.some((one) => one.name === name)) continue;
    found.push(fileOf(path, name, secret));
    if (open !== undefined) found.push(fileOf(`${path}.pub`, `${name}.pub`, open));
  }
  return found;
}

const fileOf = (path: string, name: string, bytes: Buffer): HostKeyFile => ({
  ...{ path, name, size: bytes.length, sha256: sha256Of(bytes) },
});

/** By what it is; where that is not known, by its usual name. ssh-dss is no use to a sshd of today. */
function nameOf(path: string, publicKey: string): string | undefined {
  const type = /^(?:ssh-(ed25519|rsa)|(ecdsa)-sha2-\S+) /.exec(publicKey);
  const known = type?.[1] ?? type?.[2] ?? /\/ssh_host_(ed25519|rsa|ecdsa)_key$/.exec(path)?.[1];
  return known === undefined ? undefined : `ssh_host_${known}_key`;
}

export interface UserKeys {
  readonly user: string;
  readonly keys: readonly string[];
  /** Lines with a key that opens no session of its own, and why. */
  readonly left: readonly string[];
}

/** A key with one of these runs something else than a shell, or is not a person's. */
const ownPurpose = /(?:^|,)(command=|cert-authority|principals=)/i;

/** Of each of these users that exists and has keys. */
export async function readUserKeys(
  host: Host,
  users: readonly string[],
  settings: SshdSettings,
): Promise<UserKeys[]> {
  const found: UserKeys[] = [];
  for (const user of new Set(users)) {
    const home = await homeOf(host, user);
    if (home === undefined) continue;
    const texts = await Promise.all(
      settings.keyFiles.map((path) => host.files.readText(placeOf(path, user, home)).catch(() => '')),
    );
    const { keys, left } = sorted(texts.join('\n'));
    if (keys.length + left.length > 0) found.push({ user, keys, left });
  }
  return found;
}

function sorted(text: string): { readonly keys: string[]; readonly left: string[] } {
  const keys = new Set<string>();
  const left: string[] = [];
  for (const line of text.split('\n').map((one) => one.trim())) {
    const options = publicKeyLine.exec(line)?.[1]?.replaceAll(/"(?:[^"\\]|\\.)*"/g, '') ?? '';
    if (line === '' || line.startsWith('#')) continue;
    if (!publicKeyLine.test(line)) left.push('is not a key that sshd takes');
    else if (ownPurpose.test(options)) left.push(`has ${ownPurpose.exec(options)?.[1]?.replace('=', '')}`);
    else if (publicKeyFault(line) !== undefined) left.push('is not a key that sshd takes');
    else keys.add(line);
  }
  return { keys: [...keys], left };
}

async function homeOf({ files }: Host, user: string): Promise<string | undefined> {
  const home = (await accounts(files)).find(([name]) => name === user)?.[5];
  return home?.startsWith('/') ? home : undefined;
}

/** Undefined for a number that no account has, such as that of nobody who logged in. */
export const userOf = async (files: Host['files'], uid: string): Promise<string | undefined> =>
  uid === '' ? undefined : (await accounts(files)).find(([, , number]) => number === uid)?.[0];

/** passwd(5) */
async function accounts(files: Host['files']): Promise<readonly (readonly string[])[]> {
  const text = await files.readText('/etc/passwd').catch(() => '');
  return text.split('\n').map((line) => line.split(':'));
}

/** The tokens of sshd_config(5). */
function placeOf(pattern: string, user: string, home: string): string {
  const path = pattern.replaceAll(/%([hu%])/g, (_, token: string) =>
    token === 'h' ? home : token === 'u' ? user : '%',
  );
  return path.startsWith('/') ? path : `${home}/${path}`;
}

/** Numbers of users and groups, from /etc/passwd and /etc/group of the root that is set up. */
import { join } from 'node:path';
import { ownerParts } from '../../config/checks/owners.ts';
import { errorCode } from '../../errors.ts';
import type { Host, Owner } from '../../host/ports.ts';

/** The one person of the system. */
export const userName = 'bhojpur';

export interface Account extends Owner {
  readonly home: string;
}

/** passwd(5): name:password:uid:gid:comment:home:shell. Throws when the user does not exist. */
export async function findUser(host: Host, root: string, name: string): Promise<Account> {
  const lines = parseLines(await host.files.readText(join(root, 'etc/passwd')));
  const [, , uid, gid, , home] = lines.find(([first]) => first === name) ?? [];
  if (uid === undefined || gid === undefined || home === undefined)
    throw new Error(`there is no user ${name}`);
  return { uid: Number(uid), gid: Number(gid), home };
}

/**
 * The owner of a file, written USER or USER:GROUP, by name or number. A user alone brings the group of its account;
 * a number needs no account and has group 0 then. Throws when a name is unknown.
 */
export async function findOwner(host: Host, root: string, owner: string): Promise<Owner> {
  const parts = ownerParts(owner);
  if (parts === undefined) throw new Error(`the owner "${owner}" is neither USER nor USER:GROUP`);
  const { user, group } = parts;
  const account = await findLine(host, root, 'etc/passwd', user);
  const uid = numberOf(account?.[2] ?? user);
  if (uid === undefined) throw new Error(`there is no user ${user}`);
  if (group === undefined) return { uid, gid: numberOf(account?.[3] ?? '') ?? 0 };
  const gid = numberOf((await findLine(host, root, 'etc/group', group))?.[2] ?? group);
  if (gid === undefined) throw new Error(`there is no group ${group}`);
  return { uid, gid };
}

/** By name, else by number: the third field in passwd(5) as in group(5). */
async function findLine(
  host: Host,
  root: string,
  path: string,
  wanted: string,
): Promise<readonly string[] | undefined> {
  const text = await host.files.readText(join(root, path)).catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  });
  const lines = parseLines(text);
  const number = numberOf(wanted);
  return (
    lines.find(([name]) => name === wanted) ??
    (number === undefined ? undefined : lines.find(([, , id]) => id === String(number)))
  );
}

/** The largest 32-bit number is none: chown(2) takes it for "leave as it is". */
function numberOf(text: string): number | undefined {
  const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return number < 0xffffffff ? number : undefined;
}

const parseLines = (text: string): readonly (readonly string[])[] =>
  text.split('\n').map((line) => line.split(':'));

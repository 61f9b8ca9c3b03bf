/** Numbers of users and groups, from /etc/passwd and /etc/group of the root that is set up. */
import { join } from 'node:path';
import type { Host } from '../host/ports.ts';

/** The one person of the system. */
export const userName = 'bhojpur';

export interface Account {
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** passwd(5): name:password:uid:gid:comment:home:shell. Throws when the user does not exist. */
export async function findUser(host: Host, root: string, name: string): Promise<Account> {
  const text = await host.files.readText(join(root, 'etc/passwd'));
  const fields = lineOf(text, name);
  const [, , uid, gid, , home] = fields ?? [];
  if (uid === undefined || gid === undefined || home === undefined)
    throw new Error(`there is no user ${name}`);
  return { uid: Number(uid), gid: Number(gid), home };
}

function lineOf(text: string, name: string): readonly string[] | undefined {
  return text
    .split('\n')
    .map((line) => line.split(':'))
    .find(([first]) => first === name);
}

/** Logins over ssh, as sshd has logged them: each look sees what has come since the one before. */
import { join } from 'node:path';
import type { Host } from '../../host/ports.ts';

const timeoutMs = 30_000;

export interface LoginWatch {
  /** The first login since the look before, in words; undefined when there was none, or the journal cannot be read. */
  look(): Promise<string | undefined>;
}

/**
 * From the beginning of this boot on, or with `fresh` from now on. `cursor` is a file below `root` for the place in the
 * journal (journalctl(1), --cursor-file); one that is there is from a watch before.
 */
export async function watchLogins(
  host: Host,
  root: string,
  cursor: string,
  { fresh = false }: { readonly fresh?: boolean } = {},
): Promise<LoginWatch> {
  const file = join(root, cursor);
  await host.files.remove(file);
  const journal = (...words: string[]) =>
    host.processes
      .run('journalctl', ['--boot', '--output=cat', '--no-pager', `--cursor-file=${file}`, ...words], {
        timeoutMs,
        okCodes: [0, 1],
      })
      // A look that fails is not the end of the trial: the next one begins at the same place.
      .catch(() => ({ stdout: '' }));
  // Of its own lines alone, by the fields that journald sets itself (systemd.journal-fields(7)): anybody can write others.
  const ofSshd = ['_COMM=sshd', '_UID=0'];
  // Behind a cursor journalctl passes over one line without looking at it: it must be one of these.
  if (fresh) await journal('--lines=1', ...ofSshd);
  return {
    look: async () => {
      const { stdout } = await journal(...ofSshd);
      const [, how, who, from] = /^Accepted (\S+) for (\S+) from (\S+) port \d+/m.exec(stdout) ?? [];
      return how === undefined ? undefined : `a login of ${who} over ssh from ${from}`;
    },
  };
}

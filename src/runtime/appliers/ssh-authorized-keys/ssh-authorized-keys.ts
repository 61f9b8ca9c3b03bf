/**
 * ssh_authorized_keys: literal keys at boot, those of github:, gitlab: and URLs too once the network is up. What
 * was fetched stays from boot to boot until it can be fetched anew, so that an outage locks nobody out.
 */
import { publicKeyLine } from '../../../config/keys/checks.ts';
import { errorCode, messageWithDetails } from '../../../errors.ts';
import { openFolderInRoot } from '../../../host/folder-in-root.ts';
import type { Files, Host, OpenFolder } from '../../../host/ports.ts';
import { shownUrl } from '../../../media/shown-url.ts';
import { findUser, userName } from '../accounts.ts';
import { applier, throwAll } from '../applier.ts';
import type { KeyFile, KeySection } from './authorized-keys.ts';
import { keysIn, parseKeyFile, renderKeyFile } from './authorized-keys.ts';

const fetchOptions = { limit: 256 * 1024, timeoutMs: 10_000, retries: 5 } as const;

export const sshAuthorizedKeysApplier = applier({
  key: 'ssh_authorized_keys',
  apply: async ({ host, phase, path }, values) => {
    const { files } = host;
    const user = await findUser(host, path('/'), userName);
    // Held open from here on: the user can put links in its place at any moment, and this is root.
    const folder = await openKeyFolder(files, path('/'), `${user.home}/.ssh`);
    try {
      const file = `${folder.path}/authorized_keys`;
      const before = await readKeyFile(files, file, path(`${user.home}/.ssh/authorized_keys`));
      const faults: string[] = [];
      const text = renderKeyFile(await wanted(host, phase, values, parseKeyFile(before), faults));
      if (text !== before) {
        await files.chmod(`${folder.path}/.`, 0o700);
        await files.chown(`${folder.path}/.`, user.uid, user.gid);
        await files.writeAtomic(file, text, { mode: 0o600, owner: { uid: user.uid, gid: user.gid } });
      }
      throwAll(faults);
    } finally {
      await folder.close();
    }
  },
});

/** The file as it is to be; what could not be fetched is added to `faults`, and stays as it was. */
async function wanted(
  host: Host,
  phase: string,
  values: readonly string[],
  { own, sections: earlier }: KeyFile,
  faults: string[],
): Promise<KeyFile> {
  const literal = values.map((value) => value.trim()).filter((value) => publicKeyLine.test(value));
  const sources = values.filter((value) => !publicKeyLine.test(value.trim()));
  const fetched = await Promise.all(
    sources.map(async (source): Promise<KeySection> => {
      const kept = earlier.find((section) => section.source === source)?.keys ?? [];
      if (phase !== 'runtime') return { source, keys: kept };
      try {
        return { source, keys: await fetchKeys(host, source) };
      } catch (error) {
        faults.push(`${shownUrl(source)}: ${messageWithDetails(error)}`);
        return { source, keys: kept };
      }
    }),
  );
  return { own, sections: [{ source: '', keys: literal }, ...fetched] };
}

/** Made if it is missing. No link on the way is followed, so nobody can lead the write elsewhere. */
async function openKeyFolder(files: Files, root: string, path: string): Promise<OpenFolder> {
  try {
    return await openFolderInRoot(files, root, path);
  } catch (error) {
    if (['ELOOP', 'ENOTDIR'].includes(errorCode(error) ?? ''))
      throw new Error(`${path} is not a directory, or below a link: remove it`);
    throw error;
  }
}

async function readKeyFile(files: Files, file: string, shown: string): Promise<string> {
  const stat = await files.stat(file);
  if (stat === undefined) return '';
  const wrong = () => new Error(`${shown} is not a file: remove it`);
  if (stat.type !== 'file') throw wrong();
  try {
    return (await files.readNoFollow(file)).toString('utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    throw errorCode(error) === 'ELOOP' ? wrong() : error;
  }
}

async function fetchKeys(host: Host, source: string): Promise<string[]> {
  const { body } = await host.http.get(urlOf(source), fetchOptions);
  const keys = keysIn(body.toString('utf8'));
  if (keys.length === 0) throw new Error('it returned no public key');
  return keys;
}

function urlOf(source: string): string {
  const [, service, name] = /^(github|gitlab):(.+)$/.exec(source) ?? [];
  return service === undefined ? source : `https://${service}.com/${name}.keys`;
}

/**
 * ssh_authorized_keys: literal keys at boot, those of github:, gitlab: and URLs too once the network is up. What
 * was fetched stays from boot to boot until it can be fetched anew, so that an outage locks nobody out.
 */
import { publicKeyLine } from '../../../config/keys/checks.ts';
import { messageWithDetails } from '../../../errors.ts';
import type { Files, Host } from '../../../host/ports.ts';
import { shownUrl } from '../../../media/shown-url.ts';
import { findUser, userName } from '../accounts.ts';
import { applier, throwAll } from '../applier.ts';
import type { KeySection } from './authorized-keys.ts';
import { keysIn, parseKeyFile, renderKeyFile } from './authorized-keys.ts';

const fetchOptions = { limit: 256 * 1024, timeoutMs: 10_000, retries: 5 } as const;

export const sshAuthorizedKeysApplier = applier({
  key: 'ssh_authorized_keys',
  apply: async ({ host, phase, path }, values) => {
    const { files } = host;
    const user = await findUser(host, path('/'), userName);
    const folder = path(`${user.home}/.ssh`);
    const file = `${folder}/authorized_keys`;
    await requireType(files, folder, 'directory');
    await requireType(files, file, 'file');
    const before = (await files.exists(file)) ? await files.readText(file) : '';
    const { own, sections: earlier } = parseKeyFile(before);

    const faults: string[] = [];
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
    const text = renderKeyFile({ own, sections: [{ source: '', keys: literal }, ...fetched] });
    if (text !== before) {
      await files.makeDir(folder);
      await files.chmod(folder, 0o700);
      await files.chown(folder, user.uid, user.gid);
      await files.writeAtomic(file, text, { mode: 0o600 });
      await files.chown(file, user.uid, user.gid);
    }
    throwAll(faults);
  },
});

/** The user can put a link there; a write through it would go anywhere as root. */
async function requireType(files: Files, path: string, type: 'directory' | 'file'): Promise<void> {
  const stat = await files.stat(path);
  if (stat !== undefined && stat.type !== type) throw new Error(`${path} is not a ${type}: remove it`);
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

/** What `opsctl pack list` and `login` do. */
import { usage } from '../../../errors.ts';
import { type LoggedIn, logIn } from '../../../oci/login.ts';
import { registryNamed } from '../../../oci/reference.ts';
import { listPacks } from '../../../palette/registry/list.ts';
import { parsePackRegistry } from '../../../palette/registry/pack-reference.ts';
import type { CommandAction, CommandContext, OptionValues } from '../../command.ts';
import { type Ask, askAtTerminal } from '../../terminal/ask.ts';
import { tellResult } from '../../terminal/list-lines.ts';
import { withWayBack } from '../../terminal/way-back.ts';
import { networked } from '../oci/transfer.ts';

/** Throws OpsError: `pack-registry` (usage), and what `listPacks` throws. */
export const packList: CommandAction = async (context, [registry, name], options) => {
  const { terminal, signal } = context;
  const where = parsePackRegistry(String(registry));
  const host = await networked(context, options);
  const say = (line: string) => terminal.err(`${line}\n`);
  const wanted = name === undefined ? undefined : String(name);
  const packs = await listPacks(host, where, wanted, { plainHttp: options.plainHttp === true, say, signal });
  if (options.json === true) terminal.out(`${JSON.stringify({ v: 1, packs }, null, 2)}\n`);
  else
    for (const pack of packs)
      tellResult(terminal, `${pack.name}: ${pack.versions.join(', ') || 'no versions'}`);
  if (packs.length === 0) terminal.err(`${String(registry)} has no packs.\n`);
  return 0;
};

export const packLogin: CommandAction = (context, [registry], options) =>
  login(context, String(registry), options);

/** Throws OpsError: `oci-mirror`, `login-password` (usage), and what `logIn` throws. */
export async function login(
  context: CommandContext,
  given: string,
  options: OptionValues,
  ask?: Ask,
): Promise<number> {
  const { terminal, signal } = context;
  const { registry } = parsePackRegistry(given);
  registryNamed(registry);
  const host = await networked(context, options);
  const known = options.username === undefined ? undefined : String(options.username);
  const { username, password } =
    options.passwordStdin === true
      ? { username: known ?? '', password: (await host.files.readText('/dev/stdin')).replace(/\r?\n$/, '') }
      : await askForLogin(context, registry, known, ask);
  if (username === '' || username.includes(':'))
    throw usage('login-password', 'A login needs a user without colons', { hint: 'Add --username NAME.' });
  if (password === '')
    throw usage('login-password', 'The password is empty', {
      hint: 'Give it on stdin with --password-stdin, or be asked at a terminal.',
    });
  const kept = await logIn(
    host,
    { registry, username, password, plainHttp: options.plainHttp === true },
    signal,
  );
  tellResult(terminal, `Logged in to ${registry} as ${username}; kept in ${kept.keptIn}.`);
  sayPlain(terminal.err, kept);
  return 0;
}

function sayPlain(err: (text: string) => void, { plain, keptIn }: LoggedIn): void {
  if (!plain) return;
  err(
    `note: ${keptIn} holds the password unencrypted; a credential helper (credsStore) keeps it elsewhere.\n`,
  );
}

async function askForLogin(
  { terminal, signal }: CommandContext,
  registry: string,
  known: string | undefined,
  ask: Ask | undefined,
): Promise<{ username: string; password: string }> {
  if (!terminal.stdinIsTty && ask === undefined)
    throw usage('login-password', 'Nobody can be asked for the password here', {
      hint: 'Give it on stdin: `opsctl pack login REGISTRY --username NAME --password-stdin < FILE`.',
    });
  return withWayBack(
    ask ?? askAtTerminal(signal),
    terminal.err,
    async (talk) => {
      const username = known ?? (await talk.input({ message: `User for ${registry}:` })).trim();
      return { username, password: await talk.password({ message: 'Password:' }) };
    },
    `opsctl pack login ${registry}`,
  );
}

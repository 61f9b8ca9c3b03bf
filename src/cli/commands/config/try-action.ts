/** What `opsctl config try` and `opsctl config confirm` do. */
import { basename } from 'node:path';
import { readBootFacts } from '../../../boot/boot-facts.ts';
import { formatDiagnostic } from '../../../config/diagnostics.ts';
import { configSizeLimit } from '../../../config/yaml/yaml.ts';
import { OpsError, refused, usage } from '../../../errors.ts';
import { secondsOfSpan } from '../../../formats/time/time-span.ts';
import { timeText } from '../../../formats/time/time-text.ts';
import type { Host } from '../../../host/ports.ts';
import { cannotRead } from '../../../host/system-error.ts';
import { beginTry } from '../../../runtime/config-try/begin.ts';
import { keepTry, takeBackTry } from '../../../runtime/config-try/decide.ts';
import { readTry, takenBackPath, tryUnit } from '../../../runtime/config-try/record.ts';
import { watchTry } from '../../../runtime/config-try/watch.ts';
import type { CommandAction } from '../../command.ts';

const root = '/';
const defaultSpan = '5m';
const pauseMs = 500;
/** connman is given a minute to stop and to start. */
const patienceMs = 180_000;

export const tryConfig: CommandAction = async ({ host, terminal, signal }, [given], options) => {
  const say = (line: string) => terminal.err(`bos: config: ${line}\n`);
  await readBootFacts(host, root);
  requireRoot(host);
  if (options.watch === true) {
    await watchTry(host, { root, say, signal });
    return 0;
  }
  if (options.takeBack === true) {
    const record = await readTry(host, root).catch(() => undefined);
    const why = record?.reason ?? 'nobody confirmed it in time';
    if (await takeBackTry(host, root, why)) say(`taken back: ${why}`);
    return 0;
  }
  const file = String(given ?? '');
  if (file === '') throw usage('try-empty', 'Name the file to try');
  const seconds = secondsOf(String(options.for ?? defaultSpan));
  const request = { name: nameOf(file), shown: file, bytes: await readFile(host, file), seconds };
  for (const found of await beginTry(host, root, request)) terminal.err(`${formatDiagnostic(found)}\n`);
  await host.processes.run('systemctl', ['start', '--no-block', tryUnit], { timeoutMs: 30_000 });
  terminal.err(
    `Applying ${file}. Whatever becomes of this session: it is taken back unless it is confirmed.\n`,
  );
  const reason = await applied(host, signal);
  if (reason !== undefined)
    throw new OpsError('undone', 'try-failed', `${file} could not be applied: ${reason}`, {
      hint: 'The configuration from before is in force again.',
    });
  terminal.out(
    `${file} is in force for ${timeText(seconds)}. Log in again over ssh, or run \`sudo opsctl config confirm\`, to keep it.\n`,
  );
  return 0;
};

export const confirmConfig: CommandAction = async ({ host, terminal }) => {
  await readBootFacts(host, root);
  requireRoot(host);
  const path = await keepTry(host, root);
  if (path === undefined) throw await nothingTried(host);
  terminal.out(`Kept as ${path}.\n`);
  return 0;
};

async function nothingTried({ files }: Host): Promise<OpsError> {
  const details = await files.readText(takenBackPath).then(
    (text) => text.trim().split('\n'),
    () => [],
  );
  return refused('try-none', 'No configuration is being tried', {
    details,
    hint: details.length === 0 ? 'Try one with `sudo opsctl config try FILE`.' : 'Try it again.',
  });
}

/** Resolves when it is in force, with nothing; with the reason when it was taken back. */
async function applied(host: Host, signal: AbortSignal): Promise<string | undefined> {
  const end = host.clock.monotonic() + patienceMs;
  for (let reason: string | undefined; ; ) {
    const record = await readTry(host, root);
    if (record?.state === 'applied') return undefined;
    // Kept already, by a login.
    if (record === undefined) return reason;
    reason = record.reason ?? reason;
    if (host.clock.monotonic() > end)
      return reason ?? 'it has taken too long; see journalctl -u bos-config-try';
    await host.clock.sleep(pauseMs, signal);
  }
}

function secondsOf(text: string): number {
  const seconds = secondsOfSpan(text);
  if (seconds !== undefined && seconds >= 30 && seconds <= 86_400) return seconds;
  throw usage('try-time', `--for ${text}: expected a time from 30s to 24h`, { hint: 'Such as --for 5m.' });
}

/** In config.d, where editors' leftovers do not count and later names win. */
function nameOf(file: string): string {
  const name = basename(file);
  if (/^[A-Za-z0-9][\w.-]*\.ya?ml$/.test(name)) return name;
  throw usage('try-name', `${file}: expected the name of a file that ends in .yaml`, {
    hint: 'It is kept under its name in /var/lib/bhojpur/os/config.d.',
  });
}

async function readFile({ files }: Host, path: string): Promise<Uint8Array> {
  try {
    const stat = await files.stat(await files.realPath(path));
    if ((stat?.size ?? 0) > configSizeLimit)
      throw refused('config-too-large', `${path} is larger than the limit of ${configSizeLimit} bytes`);
    return await files.read(path);
  } catch (cause) {
    if (cause instanceof OpsError) throw cause;
    throw cannotRead('config-unreadable', path, cause, 'Check the path.');
  }
}

function requireRoot({ system }: Host): void {
  if (system.uid === 0) return;
  throw refused('root-required', 'Only root can change the configuration', { hint: 'Run it with sudo.' });
}

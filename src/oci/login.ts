/**
 * Logging in: a name and a password that the registry accepts, kept where docker, podman and skopeo find them, too
 * (docker's documentation, "docker login", "Credential stores").
 */
import { errorCode, messageOf, refused } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import { registryRefusal } from './answers.ts';
import { authorizedHttp } from './authorized-http.ts';
import { configPath, helperServer, isHelperName, readDockerConfig } from './credentials.ts';
import { baseUrl } from './reference.ts';

export interface Login {
  readonly registry: string;
  readonly username: string;
  readonly password: string;
  readonly plainHttp: boolean;
}

export interface LoggedIn {
  /** `docker-credential-NAME`, or the path of the file that has the password as base64. */
  readonly keptIn: string;
  /** Whether everybody reads the password who can read that file. */
  readonly plain: boolean;
}

const helperMs = 30_000;

/**
 * Throws OpsError (refused): `registry-denied` for a name or password that is not accepted, in which case nothing is
 * kept; `registry-credentials` when it cannot be kept; and what the network does.
 */
export async function logIn(host: Host, login: Login, signal?: AbortSignal): Promise<LoggedIn> {
  await tryLogin(host, login, signal);
  const path = configPath(host.system);
  if (path === undefined)
    throw refused('registry-credentials', 'There is no home folder to keep the login in', {
      hint: 'Set HOME, or DOCKER_CONFIG to a folder.',
    });
  const config = (await readDockerConfig(host, path)) ?? {};
  const helper = config.credHelpers?.[login.registry] ?? config.credsStore;
  if (helper !== undefined) {
    await storeByHelper(host, helper, login);
    return { keptIn: `docker-credential-${helper}`, plain: false };
  }
  const auth = Buffer.from(`${login.username}:${login.password}`).toString('base64');
  const key = login.registry === 'docker.io' ? helperServer(login.registry) : login.registry;
  const text = `${JSON.stringify({ ...config, auths: { ...config.auths, [key]: { auth } } }, null, '\t')}\n`;
  try {
    await host.files.makeDir(path.slice(0, path.lastIndexOf('/')), 0o700);
    await host.files.writeAtomic(path, text, { mode: 0o600 });
  } catch (cause) {
    if (errorCode(cause) === undefined) throw cause;
    throw refused('registry-credentials', `The login cannot be kept in ${path}: ${messageOf(cause)}`, {
      cause,
      hint: 'Set DOCKER_CONFIG to a folder of yours.',
    });
  }
  return { keptIn: path, plain: true };
}

async function tryLogin(
  host: Host,
  { registry, username, password, plainHttp }: Login,
  signal: AbortSignal | undefined,
): Promise<void> {
  const base = baseUrl(registry, { plainHttp });
  const http = authorizedHttp(host.http, host.clock, {
    ...{ base, registry, scope: '' },
    credentials: async () => ({ username, password }),
  });
  const answer = await http.open(`${base}/v2/`, signal === undefined ? {} : { signal });
  if (answer.status !== 200) throw await registryRefusal(registry, answer);
  answer.close();
}

async function storeByHelper(
  { processes, system }: Host,
  helper: string,
  { registry, username, password }: Login,
): Promise<void> {
  const program = `docker-credential-${helper}`;
  if (!isHelperName(helper))
    throw refused('registry-credentials', `${program} is not the name of a program`, {
      hint: 'Correct docker’s configuration.',
    });
  const { PATH, HOME } = system.env;
  await processes.run(program, ['store'], {
    input: JSON.stringify({ ServerURL: helperServer(registry), Username: username, Secret: password }),
    timeoutMs: helperMs,
    env: { ...(PATH === undefined ? {} : { PATH }), ...(HOME === undefined ? {} : { HOME }) },
  });
}

/**
 * Who we are to a registry: what `docker login` has left in docker's configuration (docker's documentation, "docker login",
 * "Credential stores"). Credential helpers are run: `docker-credential-NAME get`.
 */
import { z } from 'zod';
import { errorCode, messageOf, refused } from '../errors.ts';
import { withoutTrailing } from '../formats/trailing.ts';
import type { Host } from '../host/ports.ts';

export type Credentials =
  | { readonly username: string; readonly password: string }
  /** Given to the server of tokens in the place of a password. */
  | { readonly identityToken: string };

const configSchema = z.looseObject({
  auths: z
    .record(
      z.string(),
      z.looseObject({
        auth: z.string().optional(),
        username: z.string().optional(),
        password: z.string().optional(),
        identitytoken: z.string().optional(),
      }),
    )
    .optional(),
  credsStore: z.string().optional(),
  credHelpers: z.record(z.string(), z.string()).optional(),
});
type DockerConfig = z.infer<typeof configSchema>;

const helperAnswer = z.object({ Username: z.string(), Secret: z.string() });
const helperMs = 30_000;
/** What a helper says as the user when the secret is an identity token. */
const tokenUser = '<token>';

/** Where docker keeps its configuration, as it looks for it itself; undefined without a home folder. */
export function configPath({ env }: Host['system']): string | undefined {
  const folder = env.DOCKER_CONFIG || (env.HOME ? `${env.HOME}/.docker` : undefined);
  return folder && `${folder}/config.json`;
}

/**
 * What docker's configuration has for `registry` (host and port); undefined when it has nothing. Throws OpsError
 * `registry-credentials` (refused) for a configuration that cannot be read and a helper that fails.
 */
export async function credentialsFor(host: Host, registry: string): Promise<Credentials | undefined> {
  const path = configPath(host.system);
  const config = path === undefined ? undefined : await readDockerConfig(host, path);
  if (config === undefined) return undefined;
  const helper = named(config.credHelpers ?? {}, registry);
  if (helper !== undefined) return askHelper(host, helper, registry);
  const entry = named(config.auths ?? {}, registry);
  if (entry?.identitytoken) return { identityToken: entry.identitytoken };
  if (entry?.username !== undefined && entry.password !== undefined)
    return { username: entry.username, password: entry.password };
  if (entry?.auth) return decoded(entry.auth, path ?? '');
  return config.credsStore === undefined ? undefined : askHelper(host, config.credsStore, registry);
}

/** docker's configuration, with the keys that are not known; undefined when there is none. Throws as above. */
export async function readDockerConfig({ files }: Host, path: string): Promise<DockerConfig | undefined> {
  let text: string;
  try {
    text = await files.readText(path);
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT' || errorCode(cause) === 'ENOTDIR') return undefined;
    throw unusable(path, messageOf(cause), cause);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The cause would quote the text, which has passwords in it.
    throw unusable(path, 'it is not JSON');
  }
  const parsed = configSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw unusable(path, parsed.error.issues.map(({ path: key }) => key.join('.')).join(', '));
}

/** Keys are hosts, and URLs where an older docker wrote them; Docker Hub has one of its own. */
function named<T>(table: Readonly<Record<string, T>>, registry: string): T | undefined {
  const keys =
    registry === 'docker.io'
      ? ['https://index.docker.io/v1/', 'index.docker.io', 'docker.io', 'registry-1.docker.io']
      : [registry];
  const hostOf = (key: string) => key.replace(/^https?:\/\//, '').split('/', 1)[0] ?? '';
  const found =
    Object.keys(table).find((key) => keys.includes(key)) ??
    Object.keys(table).find((key) => keys.includes(hostOf(key)));
  return found === undefined ? undefined : table[found];
}

/** `auth` is the base64 of USER:PASSWORD; a password may have colons. */
function decoded(auth: string, path: string): Credentials {
  const text = Buffer.from(auth, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 1) throw unusable(path, 'an "auth" in it is not the base64 of USER:PASSWORD');
  return { username: text.slice(0, colon), password: withoutTrailing(text.slice(colon + 1), '\0') };
}

export const isHelperName = (name: string): boolean => /^[A-Za-z0-9._-]+$/.test(name);

/** What helpers and the configuration know a registry by. */
export const helperServer = (registry: string): string =>
  registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry;

async function askHelper(host: Host, name: string, registry: string): Promise<Credentials | undefined> {
  const program = `docker-credential-${name}`;
  if (!isHelperName(name)) throw unusable(program, 'its name is not one of a program');
  const { PATH, HOME } = host.system.env;
  const { exitCode, stdout } = await host.processes.run(program, ['get'], {
    input: helperServer(registry),
    okCodes: [0, 1],
    timeoutMs: helperMs,
    env: { ...(PATH === undefined ? {} : { PATH }), ...(HOME === undefined ? {} : { HOME }) },
  });
  // What it says then is on stdout, in words of its own: that it has nothing.
  if (exitCode === 1) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(stdout);
  } catch {
    throw unusable(program, 'its answer is not JSON');
  }
  const parsed = helperAnswer.safeParse(value);
  if (!parsed.success) throw unusable(program, 'its answer has no Username and Secret');
  const { Username: username, Secret: password } = parsed.data;
  return username === tokenUser ? { identityToken: password } : { username, password };
}

const unusable = (what: string, why: string, cause?: unknown) =>
  refused('registry-credentials', `The credentials of registries in ${what} cannot be used: ${why}`, {
    cause,
    hint: 'Log in again with docker, podman or skopeo, or set DOCKER_CONFIG to another folder.',
  });

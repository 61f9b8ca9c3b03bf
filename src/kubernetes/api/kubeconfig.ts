/**
 * Access by a kubeconfig file: the current context, its cluster and its user (Kubernetes documentation, "Kubeconfig").
 * Certificates, keys and tokens in the file or in files that it names. What would have to start a program (`exec`), log in
 * somewhere else (`auth-provider`) or trust anybody (`insecure-skip-tls-verify`) is refused.
 */
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { valueWithinBudget } from '../../config/yaml/budgeted-document.ts';
import { refused } from '../../errors.ts';
import { withoutTrailing } from '../../formats/trailing.ts';
import type { Files, NetworkSettings } from '../../host/ports.ts';
import { type ApiAccess, readCredential, tokenFrom } from './access.ts';

const text = z.string().min(1).optional();
const named = <T extends z.ZodType>(name: string, value: T) =>
  z.array(z.looseObject({ name: z.string(), [name]: value })).optional();

const cluster = z.looseObject({
  server: z.string(),
  'certificate-authority': text,
  'certificate-authority-data': text,
  'insecure-skip-tls-verify': z.boolean().optional(),
  'proxy-url': text,
});
const user = z.looseObject({
  'client-certificate': text,
  'client-certificate-data': text,
  'client-key': text,
  'client-key-data': text,
  token: text,
  tokenFile: text,
});
const context = z.looseObject({ cluster: z.string(), user: z.string(), namespace: text });
const schema = z.looseObject({
  'current-context': text,
  clusters: named('cluster', cluster),
  users: named('user', user),
  contexts: named('context', context),
});

type Cluster = z.infer<typeof cluster>;
type User = z.infer<typeof user>;

/** What this program does not do for anybody, by the name of the field. */
const unsupported = ['exec', 'auth-provider', 'username', 'tls-server-name', 'as'] as const;

/** Throws OpsError (refused): `credentials-unreadable`, `kubeconfig-invalid`. */
export async function accessOfKubeconfig(files: Files, path: string): Promise<ApiAccess> {
  const wrong = (what: string) =>
    refused('kubeconfig-invalid', `${path} cannot be used as a kubeconfig: ${what}`, {
      hint: `\`kubectl --kubeconfig ${path} config view\` shows what it says.`,
    });
  const config = read(await readCredential(files, path), wrong);
  const chosen = pick(config.contexts, 'context', config['current-context'], wrong) as z.infer<
    typeof context
  >;
  const where = pick(config.clusters, 'cluster', chosen.cluster, wrong) as Cluster;
  const who = pick(config.users, 'user', chosen.user, wrong) as User;
  const strange = unsupported.find((name) => who[name] !== undefined || where[name] !== undefined);
  if (strange !== undefined) throw wrong(`${strange} is not supported here`);
  if (where['insecure-skip-tls-verify'] === true) throw wrong('it would trust any server');
  const server = withoutTrailing(where.server, '/');
  if (!URL.canParse(server) || !/^https:\/\//i.test(server))
    throw wrong(`the server must have an https URL, not ${where.server}`);
  const folder = dirname(path);
  const field = (value: Cluster | User, name: string) => content(files, folder, value, name, wrong);
  const [onlyCa, cert, key] = [
    await field(where, 'certificate-authority'),
    await field(who, 'client-certificate'),
    await field(who, 'client-key'),
  ];
  if ((cert === undefined) !== (key === undefined)) throw wrong('a client certificate needs its key');
  const proxy = where['proxy-url'];
  const settings: NetworkSettings = {
    proxyEnv: proxy === undefined ? {} : { https_proxy: proxy },
    ...(onlyCa === undefined ? {} : { onlyCa }),
    ...(cert === undefined || key === undefined ? {} : { client: { cert, key } }),
  };
  const token = tokenOf(files, folder, who);
  if (cert === undefined && token === undefined)
    throw wrong('the user has neither a certificate nor a token');
  return {
    ...{ server, settings, from: path },
    ...(token === undefined ? {} : { token }),
    ...(chosen.namespace === undefined ? {} : { namespace: chosen.namespace }),
  };
}

function read(source: string, wrong: (what: string) => Error): z.infer<typeof schema> {
  let value: unknown;
  try {
    value = valueWithinBudget(source);
  } catch {
    throw wrong('it is not YAML');
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw wrong(`${issue?.path.join('.') || 'the file'}: ${issue?.message ?? 'not understood'}`);
}

/** The entry of this name; the only one where no name is given. */
function pick(
  entries: readonly Readonly<Record<string, unknown>>[] | undefined,
  what: string,
  name: string | undefined,
  wrong: (what: string) => Error,
): unknown {
  const list = entries ?? [];
  const found =
    name === undefined ? (list.length === 1 ? list[0] : undefined) : list.find((one) => one.name === name);
  if (found?.[what] !== undefined) return found[what];
  throw wrong(name === undefined ? `it names no current ${what}` : `it has no ${what} "${name}"`);
}

/** `NAME-data` in base64 wins over the file that `NAME` names, as in kubectl; paths begin at the kubeconfig. */
async function content(
  files: Files,
  folder: string,
  from: Cluster | User,
  name: string,
  wrong: (what: string) => Error,
): Promise<string | undefined> {
  const [data, path] = [from[`${name}-data`], from[name]];
  const pem =
    typeof data === 'string'
      ? Buffer.from(data, 'base64').toString('utf8')
      : typeof path === 'string'
        ? await readCredential(files, path.startsWith('/') ? path : join(folder, path))
        : undefined;
  if (pem !== undefined && !pem.includes('-----BEGIN ')) throw wrong(`${name} is not PEM`);
  return pem;
}

/** A file wins over a token that stands in the kubeconfig, as in kubectl. */
function tokenOf(files: Files, folder: string, { token, tokenFile }: User): ApiAccess['token'] {
  if (tokenFile !== undefined)
    return tokenFrom(files, tokenFile.startsWith('/') ? tokenFile : join(folder, tokenFile));
  return token === undefined ? undefined : async () => token;
}

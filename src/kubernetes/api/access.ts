/** How an API server is reached, and as whom. */
import { join } from 'node:path';
import { errorCode, refused } from '../../errors.ts';
import type { Files, Host, NetworkSettings } from '../../host/ports.ts';

export interface ApiAccess {
  /** `https://HOST:PORT`, without a slash at its end. */
  readonly server: string;
  /** Authorities, certificate and key; no proxy unless one is named for this server. */
  readonly settings: NetworkSettings;
  /** Asked before each request: Kubernetes replaces the file of a token while a program runs. */
  readonly token?: () => Promise<string>;
  /** Where it is from, for messages: the path of a file. */
  readonly from: string;
  /** The namespace that is meant where none is named. */
  readonly namespace?: string;
}

/** Mounted into every pod that has a service account (Kubernetes documentation, "Accessing the API from a Pod"). */
const accountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * With the account of the pod that this process runs in. Throws OpsError (refused): `no-service-account` outside of a pod,
 * or in one that has none; `credentials-unreadable`.
 */
export async function accessOfPod({ files, system }: Pick<Host, 'files' | 'system'>): Promise<ApiAccess> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = system.env;
  const tokenPath = join(accountFolder, 'token');
  if (!host || !port || !(await files.exists(tokenPath)))
    throw refused('no-service-account', 'This process has no account of a Kubernetes cluster', {
      details: [
        host && port
          ? `${tokenPath} is missing`
          : 'KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set',
      ],
      hint: 'It is for a container of an upgrade Plan with spec.serviceAccountName: `opsctl plan` prints one.',
    });
  const namespace = (await readCredential(files, join(accountFolder, 'namespace'))).trim();
  return {
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    settings: { proxyEnv: {}, onlyCa: await readCredential(files, join(accountFolder, 'ca.crt')) },
    token: tokenFrom(files, tokenPath),
    from: accountFolder,
    ...(namespace === '' ? {} : { namespace }),
  };
}

/** Reads the file each time. */
export const tokenFrom = (files: Files, path: string) => async (): Promise<string> =>
  (await readCredential(files, path)).trim();

/** Throws OpsError (refused) `credentials-unreadable`. */
export async function readCredential(files: Files, path: string): Promise<string> {
  try {
    return await files.readText(path);
  } catch (cause) {
    const denied = ['EACCES', 'EPERM'].includes(errorCode(cause) ?? '');
    throw refused('credentials-unreadable', `The credentials in ${path} cannot be read`, {
      cause,
      hint: denied ? 'Run it with sudo.' : 'Check that the file exists; what names it may be out of date.',
    });
  }
}

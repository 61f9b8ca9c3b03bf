/** Kubeconfig files for the API server of the tests, with everything inside. */
import type { Pair } from './certificates.ts';
import type { ApiServer } from './server.ts';

export type Who = { readonly client: Pair } | { readonly token: string };

/** `url` where the server is reached from somewhere else. */
export function kubeconfig(
  server: Pick<ApiServer, 'authority' | 'url'>,
  who: Who,
  url: string = server.url,
): string {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const user =
    'token' in who
      ? { token: who.token }
      : {
          'client-certificate-data': base64(who.client.cert),
          'client-key-data': base64(who.client.key),
        };
  return JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'tests' },
    clusters: [
      {
        name: 'tests',
        cluster: { server: url, 'certificate-authority-data': base64(server.authority.cert) },
      },
    ],
    users: [{ name: 'tests', user }],
    contexts: [{ name: 'tests', context: { cluster: 'tests', user: 'tests' } }],
  });
}

export const adminOf = ({ authority }: ApiServer): Who => ({
  client: authority.client('admin', ['system:masters']),
});

/** As the kubelet of this node. */
export const kubeletOf = ({ authority }: Pick<ApiServer, 'authority'>, node: string): Who => ({
  client: authority.client(`system:node:${node}`, ['system:nodes']),
});

/** As a service account. */
export const accountOf = (server: ApiServer, namespace: string, name: string): Who => ({
  token: server.token(`system:serviceaccount:${namespace}:${name}`, ['system:serviceaccounts']),
});

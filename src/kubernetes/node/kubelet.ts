/** As whom a node speaks: with the credentials of the kubelet that DCP starts, under the name that these have. */
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import type { Config } from '../../config/config.ts';
import { loadConfig } from '../../config/sources/sources.ts';
import { refused } from '../../errors.ts';
import type { Files, Host } from '../../host/ports.ts';
import { dcpDataFolders, usualDataFolders } from '../../upgrade/datastore/datastore.ts';
import type { ApiAccess } from '../api/access.ts';
import { accessOfKubeconfig } from '../api/kubeconfig.ts';

/** Below the data folder of DCP, on servers and agents alike. */
const kubeconfig = 'agent/kubelet.kubeconfig';

/** What bos-report.path watches. */
export const usualKubeconfigs = usualDataFolders.map((folder) => join(folder, kubeconfig));

export interface Kubelet {
  /** `from` is the path of the kubeconfig. */
  readonly access: ApiAccess;
  readonly node: string;
}

/** `kubeletIn`, by the configuration that is in force below `root`. */
export async function kubeletOf(host: Host, root: string): Promise<Kubelet | undefined> {
  const { config } = await loadConfig(host, root, { cloud: true });
  return kubeletIn(host.files, root, config);
}

/**
 * Undefined while there are none: DCP has not joined a cluster yet, or this is a server without a node of its own. Throws
 * OpsError (refused): `credentials-unreadable`, `kubeconfig-invalid`.
 */
export async function kubeletIn(files: Files, root: string, config: Config): Promise<Kubelet | undefined> {
  for (const path of await kubeconfigPlaces(files, root, config)) {
    if (!(await files.exists(path))) continue;
    const access = await accessOfKubeconfig(files, path);
    return { access, node: nodeNameOf(access) };
  }
  return undefined;
}

/** Where DCP may write them, the first that is there counts. */
export const kubeconfigPlaces = async (
  files: Files,
  root: string,
  config: Config,
): Promise<readonly string[]> =>
  (await dcpDataFolders({ files }, root, config)).map((folder) => join(folder, kubeconfig));

/**
 * As the API server knows the node, whatever --node-name and the host name say by now: the user of a kubelet is
 * `system:node:NAME` (Kubernetes documentation, "Using Node Authorization"), which its certificate has as common name.
 */
function nodeNameOf({ settings, from }: ApiAccess): string {
  const cert = settings.client?.cert;
  try {
    const subject = cert === undefined ? '' : new X509Certificate(cert).subject;
    const [, name] = /^CN=system:node:(.+)$/m.exec(subject) ?? [];
    if (name !== undefined) return name;
  } catch {
    // Said below: what is no certificate names nobody.
  }
  throw refused('kubeconfig-invalid', `${from} has no certificate of a node`, {
    hint: 'DCP makes it when it joins a cluster: `systemctl restart dcp`.',
  });
}

/**
 * What `os/overlay/usr/lib/bhojpur/watch-node` needs: a configuration of curl (curl(1), --config) that has the API server tell
 * each change of this node's object, and the credentials for it. No Node.js waits for that.
 */
import { join } from 'node:path';
import type { Files } from '../../host/ports.ts';
import type { Kubelet } from '../node/kubelet.ts';

/** In memory, and root's alone. */
export const watchFolder = '/run/bos/watch';
/** bos-watch.path waits for it. */
export const watchConfig = `${watchFolder}/curl.conf`;

/** After so many seconds the API server ends a watch in order, and the next one begins. */
const watchSeconds = 3600;
/** A kubelet writes its node's status every five minutes: a connection that is silent for longer is dead. */
const silentSeconds = 900;

/** The configuration comes last. Nothing is written for credentials without a certificate. */
export async function writeWatchFiles(
  files: Pick<Files, 'makeDir' | 'writeAtomic'>,
  root: string,
  { access, node }: Kubelet,
): Promise<void> {
  const { client, onlyCa, proxyEnv } = access.settings;
  if (client === undefined) return;
  const folder = join(root, watchFolder);
  await files.makeDir(folder, 0o700);
  const own = { mode: 0o600 };
  const options: Record<string, string | undefined> = {
    url: `${access.server}/api/v1/nodes?watch=1&fieldSelector=${encodeURIComponent(`metadata.name=${node}`)}&timeoutSeconds=${watchSeconds}`,
    cert: join(folder, 'cert.pem'),
    key: join(folder, 'key.pem'),
    cacert: onlyCa === undefined ? undefined : join(folder, 'ca.pem'),
    ...(proxyEnv.https_proxy === undefined ? { noproxy: '*' } : { proxy: proxyEnv.https_proxy }),
    'connect-timeout': '30',
    'speed-limit': '1',
    'speed-time': `${silentSeconds}`,
  };
  await files.writeAtomic(join(folder, 'cert.pem'), client.cert, own);
  await files.writeAtomic(join(folder, 'key.pem'), client.key, own);
  if (onlyCa !== undefined) await files.writeAtomic(join(folder, 'ca.pem'), onlyCa, own);
  const lines = Object.entries(options).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name} = "${value.replaceAll(/["\\]/g, '\\$&')}"`],
  );
  await files.writeAtomic(
    join(root, watchConfig),
    `${[...lines, 'silent', 'show-error', 'fail', 'no-buffer'].join('\n')}\n`,
    own,
  );
}

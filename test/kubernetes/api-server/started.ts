/** The API server for one test, and kubectl as whoever it should be. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { temporaryFolder } from '../../formats/support.ts';
import { adminOf, kubeconfig, type Who } from './kubeconfigs.ts';
import { ApiServer, type ApiServerOptions } from './server.ts';

export async function apiServer(t: ExecutionContext, options?: ApiServerOptions): Promise<ApiServer> {
  const server = new ApiServer(options);
  t.teardown(() => server.stop());
  return server.start();
}

/** Debian's kubectl; resolves whatever its exit code is. */
export function kubectlFor(t: ExecutionContext, server: ApiServer, who: Who = adminOf(server)) {
  const folder = temporaryFolder(t);
  const path = join(folder, 'kubeconfig');
  writeFileSync(path, kubeconfig(server, who), { mode: 0o600 });
  return async (args: readonly string[], input?: string) => {
    const cache = `--cache-dir=${join(folder, 'cache')}`;
    const { exitCode, stdout, stderr } = await execa('kubectl', [`--kubeconfig=${path}`, cache, ...args], {
      ...{ reject: false, env: { HOME: folder } },
      ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
    });
    return { exitCode, stdout, stderr };
  };
}

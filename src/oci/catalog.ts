/** The repositories of a registry (distribution's documentation, "Catalog"); many registries do not tell. */
import { z } from 'zod';
import { errorCode, refused } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import { authorizedHttp } from './authorized-http.ts';
import { credentialsFor } from './credentials.ts';
import { allPages, type PageOptions, pageSize } from './pages.ts';
import { baseUrl } from './reference.ts';

const schema = z.object({ repositories: z.array(z.string()).nullish() });

/**
 * All of them, in the order of the registry. Throws OpsError (refused) `registry-catalog` for a registry that does not
 * tell, and what `allPages` throws.
 */
export async function repositoriesOf(
  host: Host,
  registry: string,
  { plainHttp, ...options }: Omit<PageOptions, 'clock'> & { readonly plainHttp: boolean },
): Promise<readonly string[]> {
  const base = baseUrl(registry, { plainHttp });
  const http = authorizedHttp(host.http, host.clock, {
    ...{ base, registry, scope: 'registry:catalog:*' },
    credentials: () => credentialsFor(host, registry),
  });
  const list = {
    url: `${base}/v2/_catalog?n=${pageSize}`,
    entries: (page: unknown) => schema.parse(page).repositories,
    what: 'its list of repositories',
  };
  try {
    return await allPages({ http, name: registry }, list, { clock: host.clock, ...options });
  } catch (cause) {
    if (errorCode(cause) !== 'oci-missing') throw cause;
    throw refused('registry-catalog', `${registry} does not list its repositories`, {
      cause,
      hint: 'Name the pack whose versions you want.',
    });
  }
}

/** Lists that a registry gives in pages (OCI Distribution Specification 1.1, "Listing Tags"; distribution's "Catalog"). */
import { pushAll } from '../formats/long-lists.ts';
import type { Clock } from '../host/ports.ts';
import { retrying } from '../host/retry.ts';
import { registryRefusal, wholeBody } from './answers.ts';
import { invalid } from './documents.ts';
import type { Registry } from './registry.ts';

export const pageSize = 1000;
/** No list of releases has as many; a server that leads in circles ends here. */
const mostPages = 50;
const pageLimit = 4 * 1024 * 1024;
const tries = 8;

export interface PageOptions {
  readonly clock: Clock;
  readonly say?: ((line: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PagedList {
  /** Of the first page. */
  readonly url: string;
  /** Those of a page. Throws for what is none. */
  readonly entries: (page: unknown) => readonly string[] | null | undefined;
  /** `its list of tags` */
  readonly what: string;
}

/**
 * All entries, in the order of the registry. Throws OpsError (refused): `oci-missing`, `registry-denied`,
 * `registry-auth`, `oci-invalid`, and what the network does.
 */
export async function allPages(
  { http, name }: Pick<Registry, 'http' | 'name'>,
  list: PagedList,
  { clock, say, signal }: PageOptions,
): Promise<readonly string[]> {
  const found: string[] = [];
  let next: string | undefined = list.url;
  for (let page = 0; next !== undefined && page < mostPages; page++) {
    const asked: string = next;
    const read = await retrying({ tries, clock, say, signal }, async () => {
      const answer = await http.open(asked, signal === undefined ? {} : { signal });
      if (answer.status !== 200) throw await registryRefusal(name, answer);
      const body = await wholeBody(answer, pageLimit, () => invalid(name, [`${list.what} is too long`]));
      return { link: answer.headers.link, entries: parsed(body, name, list) };
    });
    pushAll(found, read.entries);
    next = nextPage(read.link, asked);
  }
  return found;
}

function parsed(body: Buffer, name: string, { entries, what }: PagedList): readonly string[] {
  try {
    return entries(JSON.parse(body.toString('utf8'))) ?? [];
  } catch {
    throw invalid(name, [`${what} is not the JSON that it should be`]);
  }
}

/** `<URL>; rel="next"` (RFC 8288); only of the same registry, to which alone the login belongs. */
function nextPage(link: unknown, asked: string): string | undefined {
  const [, target] = /<([^<>]+)>\s*;[^,]*rel="?next"?/i.exec(String(link ?? '')) ?? [];
  if (target === undefined || !URL.canParse(target, asked)) return undefined;
  const url = new URL(target, asked);
  return url.origin === new URL(asked).origin ? url.href : undefined;
}

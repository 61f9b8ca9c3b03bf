/** The tags of a repository (OCI Distribution Specification 1.1, "Listing Tags"). */
import { z } from 'zod';
import type { Clock } from '../host/ports.ts';
import { retrying } from '../host/retry.ts';
import { registryRefusal, wholeBody } from './answers.ts';
import { invalid } from './documents.ts';
import type { Registry } from './registry.ts';

const pageSize = 1000;
/** No repository of releases has as many; a server that leads in circles ends here. */
const mostPages = 50;
const pageLimit = 4 * 1024 * 1024;
const tries = 8;
const schema = z.object({ tags: z.array(z.string()).nullish() });

export interface TagsOptions {
  readonly clock: Clock;
  readonly say?: ((line: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * All tags, in the order of the registry. Throws OpsError (refused): `oci-missing`, `registry-denied`, `registry-auth`,
 * `oci-invalid`, and what the network does.
 */
export async function tagsOf(
  { http, url, name }: Pick<Registry, 'http' | 'url' | 'name'>,
  { clock, say, signal }: TagsOptions,
): Promise<readonly string[]> {
  const tags: string[] = [];
  let next: string | undefined = `${url}/tags/list?n=${pageSize}`;
  for (let page = 0; next !== undefined && page < mostPages; page++) {
    const asked: string = next;
    const read = await retrying({ tries, clock, say, signal }, async () => {
      const answer = await http.open(asked, signal === undefined ? {} : { signal });
      if (answer.status !== 200) throw await registryRefusal(name, answer);
      const body = await wholeBody(answer, pageLimit, () => invalid(name, ['its list of tags is too long']));
      return { link: answer.headers.link, found: parsed(body, name) };
    });
    tags.push(...read.found);
    next = nextPage(read.link, asked);
  }
  return tags;
}

function parsed(body: Buffer, name: string): readonly string[] {
  try {
    return schema.parse(JSON.parse(body.toString('utf8'))).tags ?? [];
  } catch {
    throw invalid(name, ['its list of tags is not the JSON that it should be']);
  }
}

/** `<URL>; rel="next"` (RFC 8288); only of the same registry, to which alone the login belongs. */
function nextPage(link: unknown, asked: string): string | undefined {
  const [, target] = /<([^>]+)>\s*;[^,]*rel="?next"?/i.exec(String(link ?? '')) ?? [];
  if (target === undefined || !URL.canParse(target, asked)) return undefined;
  const url = new URL(target, asked);
  return url.origin === new URL(asked).origin ? url.href : undefined;
}

/** The tags of a repository (OCI Distribution Specification 1.1, "Listing Tags"). */
import { z } from 'zod';
import { allPages, type PageOptions, pageSize } from './pages.ts';
import type { Registry } from './registry.ts';

const schema = z.object({ tags: z.array(z.string()).nullish() });

/** All tags, in the order of the registry. Throws what `allPages` does. */
export const tagsOf = (
  registry: Pick<Registry, 'http' | 'url' | 'name'>,
  options: PageOptions,
): Promise<readonly string[]> =>
  allPages(
    registry,
    {
      url: `${registry.url}/tags/list?n=${pageSize}`,
      entries: (page) => schema.parse(page).tags,
      what: 'its list of tags',
    },
    options,
  );

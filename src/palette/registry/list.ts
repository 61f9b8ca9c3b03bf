/** Which packs a registry has, and which versions of them. */
import type { Host } from '../../host/ports.ts';
import { repositoriesOf } from '../../oci/catalog.ts';
import { openRegistry } from '../../oci/registry.ts';
import { tagsOf } from '../../oci/tags.ts';
import { type PackRegistry, packReference, repositoryPrefix } from './pack-reference.ts';

export interface ListedPack {
  readonly name: string;
  readonly versions: readonly string[];
}

export interface ListOptions {
  readonly plainHttp: boolean;
  readonly say?: ((line: string) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** All packs, or one; names in order. Throws OpsError (refused): `registry-catalog`, `oci-missing`, and what the network does. */
export async function listPacks(
  host: Host,
  where: PackRegistry,
  name: string | undefined,
  { plainHttp, say, signal }: ListOptions,
): Promise<readonly ListedPack[]> {
  const prefix = repositoryPrefix(where);
  const options = { say, signal };
  const names =
    name === undefined
      ? (await repositoriesOf(host, where.registry, { plainHttp, ...options }))
          .filter((repository) => repository.startsWith(prefix))
          .map((repository) => repository.slice(prefix.length))
      : [name];
  const packs: ListedPack[] = [];
  for (const one of names.toSorted()) {
    const registry = openRegistry(host, packReference(where, one, 'any'), { plainHttp, ...options });
    packs.push({
      name: one,
      versions: (await tagsOf(registry, { clock: host.clock, ...options })).toSorted(byNumber),
    });
  }
  return packs;
}

/** `1.9` before `1.10`. */
const byNumber = new Intl.Collator('en', { numeric: true }).compare;

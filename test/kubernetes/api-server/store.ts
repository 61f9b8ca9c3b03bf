/** The objects of the API server, each change with its version, and who is told of changes. */
import { randomUUID } from 'node:crypto';
import { type ResourceType, resourceTypes } from './resources.ts';
import { conflict, exists, expired, notFound } from './status.ts';

export interface Stored {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    resourceVersion: string;
    creationTimestamp: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: { kind: string; name: string; uid?: string; controller?: boolean }[];
    deletionTimestamp?: string;
    deletionGracePeriodSeconds?: number;
  };
  // biome-ignore lint/suspicious/noExplicitAny: the rest is what was sent
  [field: string]: any;
}

export interface Change {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly resource: ResourceType;
  readonly object: Stored;
}

const keyOf = (namespace: string | undefined, name: string) => `${namespace ?? ''}/${name}`;

export class Store {
  readonly types = resourceTypes;
  readonly #objects = new Map<ResourceType, Map<string, Stored>>();
  readonly #changes: Change[] = [];
  readonly #listeners = new Set<(change: Change) => void>();
  #version = 1;
  /** Changes up to this one are forgotten. */
  #oldest = 0;

  get version(): number {
    return this.#version;
  }

  find(type: ResourceType, namespace: string | undefined, name: string): Stored | undefined {
    return this.#objects.get(type)?.get(keyOf(namespace, name));
  }

  get(type: ResourceType, namespace: string | undefined, name: string): Stored {
    const found = this.find(type, namespace, name);
    if (found === undefined) throw notFound(type, name);
    return found;
  }

  /** By namespace and name, as etcd has them. */
  list(type: ResourceType, namespace?: string): Stored[] {
    return [...(this.#objects.get(type) ?? [])]
      .filter(([, one]) => namespace === undefined || one.metadata.namespace === namespace)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, one]) => one);
  }

  create(type: ResourceType, namespace: string | undefined, given: Partial<Stored>): Stored {
    const meta = given.metadata ?? ({} as Partial<Stored['metadata']>);
    const name = meta.name ?? '';
    if (this.find(type, namespace, name) !== undefined) throw exists(type, name);
    const object = {
      ...structuredClone(given),
      metadata: {
        ...structuredClone(meta),
        name,
        ...(namespace === undefined ? {} : { namespace }),
        uid: randomUUID(),
        resourceVersion: '',
        creationTimestamp: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
      },
    } as Stored;
    return this.#put('ADDED', type, object);
  }

  /** In the place of the one with the same name; one that was read before another change is refused. */
  replace(type: ResourceType, object: Stored): Stored {
    const { namespace, name, resourceVersion } = object.metadata;
    const before = this.get(type, namespace, name);
    if (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion)
      throw conflict(type, name);
    const { uid, creationTimestamp } = before.metadata;
    return this.#put('MODIFIED', type, {
      ...object,
      metadata: { ...object.metadata, uid, creationTimestamp },
    });
  }

  remove(type: ResourceType, namespace: string | undefined, name: string): Stored {
    const object = this.get(type, namespace, name);
    this.#objects.get(type)?.delete(keyOf(namespace, name));
    this.#version += 1;
    this.#tell({ version: this.#version, type: 'DELETED', resource: type, object });
    return object;
  }

  /** What came after this version; throws 410 when that is forgotten. */
  since(version: number): readonly Change[] {
    if (version < this.#oldest) throw expired(`${version} (${this.#oldest})`);
    return this.#changes.filter((one) => one.version > version);
  }

  /** As etcd does every five minutes: older versions can no longer be asked for. */
  compact(): void {
    this.#oldest = this.#version;
    this.#changes.length = 0;
  }

  get oldest(): number {
    return this.#oldest;
  }

  /** Ends with the function that is returned. */
  subscribe(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #put(what: Change['type'], type: ResourceType, given: Stored): Stored {
    this.#version += 1;
    const object = { ...given, metadata: { ...given.metadata, resourceVersion: `${this.#version}` } };
    const { namespace, name } = object.metadata;
    const all = this.#objects.get(type) ?? new Map<string, Stored>();
    all.set(keyOf(namespace, name), object);
    this.#objects.set(type, all);
    this.#tell({ version: this.#version, type: what, resource: type, object });
    return object;
  }

  #tell(change: Change): void {
    this.#changes.push(change);
    for (const listener of [...this.#listeners]) listener(change);
  }
}

/** What a request does to the objects: get, list, create, update, patch, delete, and evictions. */
import { randomUUID } from 'node:crypto';
import { patched } from './patch.ts';
import { checkPlan } from './plan-check.ts';
import { evict, type PodClock, terminate } from './pods.ts';
import { groupVersionOf, type Target } from './resources.ts';
import { admitNode, type User } from './rights.ts';
import { selection } from './selectors.ts';
import { badRequest, expired, notFound } from './status.ts';
import type { Store, Stored } from './store.ts';

export interface Call {
  readonly method: string;
  readonly target: Target;
  readonly query: URLSearchParams;
  readonly contentType: string;
  readonly body: unknown;
  readonly user: User;
}

export interface Answer {
  readonly status: number;
  readonly value: unknown;
}

export function verbOf(method: string, { name }: Target, query: URLSearchParams): string {
  if (method === 'GET') {
    const watches = ['true', '1'].includes(query.get('watch') ?? '');
    return watches ? 'watch' : name === undefined ? 'list' : 'get';
  }
  return { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' }[method] ?? method.toLowerCase();
}

/** Throws ApiFault. */
export function perform(store: Store, clock: PodClock, call: Call): Answer {
  const { method, target, body } = call;
  const { type, namespace, name = '', subresource } = target;
  if (method === 'GET') {
    const value = target.name === undefined ? list(store, call) : store.get(type, namespace, name);
    return { status: 200, value };
  }
  if (method === 'POST' && subresource === 'eviction') {
    const { deleteOptions } = body as { deleteOptions?: { gracePeriodSeconds?: number } };
    evict(store, clock, store.get(type, namespace, name), deleteOptions?.gracePeriodSeconds);
    return { status: 201, value: { kind: 'Status', apiVersion: 'v1', status: 'Success', code: 201 } };
  }
  if (method === 'POST' && target.name === undefined) return { status: 201, value: create(store, call) };
  if (method === 'PUT' || method === 'PATCH') return { status: 200, value: change(store, call) };
  if (method === 'DELETE') return { status: 200, value: remove(store, clock, call) };
  throw badRequest(`${method} is not known to the API server of the tests`);
}

interface Continue {
  readonly version: number;
  readonly after: number;
}

/** A list in pages; the token of the next one is worth as much as the versions that are kept. */
function list(store: Store, { target, query }: Call) {
  const { type, namespace } = target;
  const token = query.get('continue') ?? '';
  const from: Continue =
    token === ''
      ? { version: store.version, after: 0 }
      : JSON.parse(Buffer.from(token, 'base64url').toString());
  if (from.version < store.oldest) throw expired(`${from.version} (${store.oldest})`);
  const all = store.list(type, namespace).filter(selection(target, query));
  const limit = Number(query.get('limit') ?? 0) || all.length;
  const items = all.slice(from.after, from.after + limit);
  const after = from.after + items.length;
  const more = { version: from.version, after } satisfies Continue;
  return {
    ...{ kind: `${type.kind}List`, apiVersion: groupVersionOf(type) },
    metadata: {
      resourceVersion: `${from.version}`,
      ...(after < all.length && { continue: Buffer.from(JSON.stringify(more)).toString('base64url') }),
    },
    items,
  };
}

function create(store: Store, { target, body, user, query }: Call): Stored {
  const { type, namespace } = target;
  const object = objectOf(body, target);
  const { name, generateName } = object.metadata as Stored['metadata'] & { generateName?: string };
  object.metadata.name = name || (generateName === undefined ? '' : generateName + randomUUID().slice(0, 5));
  if (object.metadata.name === '') throw badRequest('name or generateName is required');
  check(object, call(target, query));
  admitNode(user, undefined, object);
  return store.create(type, namespace, object);
}

const call = (target: Target, query: URLSearchParams) => ({
  type: target.type,
  strict: query.get('fieldValidation') === 'Strict',
});

function check(object: Stored, { type, strict }: ReturnType<typeof call>): void {
  if (type.kind === 'Plan') checkPlan(type, object, strict);
}

function change(store: Store, { method, target, body, contentType, user, query }: Call): Stored {
  const { type, namespace, name = '', subresource } = target;
  const before = store.find(type, namespace, name);
  if (before === undefined) throw notFound(type, name);
  const whole = method === 'PUT' ? body : patched(contentType, before, body);
  const after = objectOf(whole, target);
  // What is not said is not compared.
  if (method === 'PATCH' && (body as Partial<Stored>).metadata?.resourceVersion === undefined)
    after.metadata.resourceVersion = before.metadata.resourceVersion;
  // The status has its own door, and only that.
  const kept =
    subresource === 'status' ? { ...before, status: after.status } : { ...after, ...statusOf(before) };
  check(kept as Stored, call(target, query));
  admitNode(user, before, kept as Stored);
  return store.replace(type, kept as Stored);
}

const statusOf = ({ status }: Stored) => (status === undefined ? {} : { status });

function remove(store: Store, clock: PodClock, { target, body }: Call): unknown {
  const { type, namespace, name = '' } = target;
  const object = store.get(type, namespace, name);
  if (type.kind !== 'Pod') return store.remove(type, namespace, name);
  const { gracePeriodSeconds } = (body ?? {}) as { gracePeriodSeconds?: number };
  return terminate(store, clock, object, gracePeriodSeconds);
}

function objectOf(body: unknown, { type, namespace, name }: Target): Stored {
  const object = structuredClone(body) as Stored | null;
  if (typeof object !== 'object' || object === null) throw badRequest('the body is not an object');
  if (object.kind !== type.kind) throw badRequest(`the kind ${object.kind} is not ${type.kind}`);
  object.metadata ??= {} as Stored['metadata'];
  if (name !== undefined && object.metadata.name !== name)
    throw badRequest('the name of the object does not match the name on the URL');
  if (namespace !== undefined && (object.metadata.namespace ?? namespace) !== namespace)
    throw badRequest('the namespace of the object does not match the namespace on the URL');
  return object;
}

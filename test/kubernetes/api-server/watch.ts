/** A watch: every change from a version on, one JSON object a line (API concepts, "Efficient detection of changes"). */
import type { ServerResponse } from 'node:http';
import { groupVersionOf, type Target } from './resources.ts';
import { selection } from './selectors.ts';
import { ApiFault, expired } from './status.ts';
import type { Change, Store, Stored } from './store.ts';

export interface WatchOptions {
  readonly query: URLSearchParams;
  /** Every watch ends with 410, as one that has expired. */
  readonly gone: boolean;
}

export function watch(
  store: Store,
  target: Target,
  response: ServerResponse,
  { query, gone }: WatchOptions,
): void {
  const selected = selection(target, query);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();
  const send = (type: string, object: unknown) =>
    void response.write(`${JSON.stringify({ type, object })}\n`);
  const from = query.get('resourceVersion') ?? '';
  const fail = (fault: ApiFault) => {
    send('ERROR', fault.status);
    response.end();
  };
  if (gone) {
    fail(expired(`${from} (${store.version})`));
    return;
  }
  // What was selected and no longer is, is gone for whoever watches.
  const known = new Set<string>();
  const tell = ({ type, resource, object }: Change) => {
    if (resource !== target.type) return;
    const isIn = selected(object) && type !== 'DELETED';
    const wasIn = known.has(object.metadata.uid);
    if (isIn) known.add(object.metadata.uid);
    else known.delete(object.metadata.uid);
    if (isIn) send(wasIn ? 'MODIFIED' : type, object);
    else if (wasIn) send('DELETED', object);
  };
  let changes: readonly Change[] = [];
  try {
    changes = from === '' || from === '0' ? initial(store, target) : store.since(Number(from));
  } catch (error) {
    if (!(error instanceof ApiFault)) throw error;
    fail(error);
    return;
  }
  for (const one of store.list(target.type, target.namespace))
    if (Number(one.metadata.resourceVersion) <= Number(from) && selected(one)) known.add(one.metadata.uid);
  for (const change of changes) tell(change);
  const end = store.subscribe(tell);
  const seconds = Number(query.get('timeoutSeconds') ?? 0);
  const timer = seconds > 0 ? setTimeout(() => response.end(), seconds * 1000) : undefined;
  response.once('close', () => {
    end();
    clearTimeout(timer);
  });
}

const initial = (store: Store, { type, namespace }: Target): Change[] =>
  store.list(type, namespace).map((object: Stored) => ({
    ...{ version: 0, type: 'ADDED', resource: type },
    object: { ...object, apiVersion: object.apiVersion ?? groupVersionOf(type) },
  }));

/**
 * Waits for objects to be as they should: what there is, then every change of it, as the API server tells them (API
 * concepts, "Efficient detection of changes"). A watch that ends, is cut or has expired (410) begins with a new list.
 */
import { errorCode, messageOf } from '../../errors.ts';
import type { Clock } from '../../host/ports.ts';
import { Attempts, isPassing, PassingFault } from '../../host/retry.ts';
import { type ApiClient, parsedOf, type Selection } from './client.ts';
import { networkFault, statusFault } from './faults.ts';
import { type KubeObject, nameOf, type ResourcePath, type StatusObject } from './objects.ts';

/** Less than what load balancers between let a connection be silent for. */
const watchSeconds = 60;
const tries = 5;

interface WatchEvent<T> {
  readonly type: string;
  readonly object: T & StatusObject;
}

/**
 * Calls `judge` with all objects now, and again after each change, until it returns something else than undefined; or until
 * the clock says `until` (milliseconds, of `clock.monotonic`), when undefined is returned. A watch ends a little late where
 * nothing changes. Throws what the client throws.
 */
export async function waitFor<T extends KubeObject, R>(
  client: ApiClient,
  clock: Clock,
  path: ResourcePath,
  {
    until,
    judge,
    ...selection
  }: Selection & {
    readonly until: number;
    readonly judge: (objects: readonly T[]) => Promise<R | undefined> | R | undefined;
  },
): Promise<R | undefined> {
  const attempts = new Attempts({ tries, clock });
  for (;;) {
    const { items, resourceVersion } = await client.list<T>(path, selection);
    const objects = new Map(items.map((one) => [keyOf(one), one]));
    const first = await judge([...objects.values()]);
    if (first !== undefined) return first;
    const left = until - clock.monotonic();
    if (left <= 0) return undefined;
    const seconds = Math.min(watchSeconds, Math.max(1, Math.ceil(left / 1000)));
    try {
      for await (const { type, object } of watchEvents<T>(client, path, {
        ...selection,
        resourceVersion,
        seconds,
      })) {
        if (type === 'DELETED') objects.delete(keyOf(object));
        else objects.set(keyOf(object), object);
        attempts.progressed();
        const found = await judge([...objects.values()]);
        if (found !== undefined) return found;
        if (clock.monotonic() >= until) return undefined;
      }
    } catch (error) {
      // What has expired is listed again at once; a server that says so each time would be asked without a pause.
      if (errorCode(error) !== 'api-expired' && !isPassing(error)) throw error;
      await attempts.failed(
        isPassing(error) ? error : new PassingFault('api-expired', messageOf(error), { cause: error }),
      );
    }
  }
}

const keyOf = (one: KubeObject): string => `${one.metadata?.namespace ?? ''}/${nameOf(one)}`;

async function* watchEvents<T extends KubeObject>(
  client: ApiClient,
  path: ResourcePath,
  options: Parameters<ApiClient['openWatch']>[1],
): AsyncGenerator<WatchEvent<T>> {
  const { stream, asked } = await client.openWatch(path, options);
  try {
    for await (const line of linesOf(stream.body)) {
      const event = parsedOf(Buffer.from(line)) as WatchEvent<T> | undefined;
      if (event?.type === 'ERROR') throw statusFault(asked, event.object.code ?? 500, {}, event.object);
      if (event !== undefined && event.type !== 'BOOKMARK') yield event;
    }
  } catch (error) {
    throw networkFault(error, asked);
  } finally {
    stream.close();
  }
}

async function* linesOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const piece of body) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield line;
  }
}

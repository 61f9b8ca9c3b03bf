/**
 * A blob of a registry as bytes at offsets, resumed where it was cut, from its mirrors first. Its digest is known and
 * its content never changes, so no version is pinned but the size.
 */

import { OpsError, refused } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { registryRefusal } from '../../oci/answers.ts';
import type { Descriptor } from '../../oci/documents.ts';
import type { Registry } from '../../oci/registry.ts';
import { httpTransport } from '../http-transport.ts';
import type { OpenOptions } from '../open-url.ts';
import { openRemote, type Remote } from '../remote.ts';
import type { Ask, Pin } from '../transport.ts';

/** A registry need not know ranges (distribution specification, "Pulling blobs"): then what is there already is passed over. */
const pinOf = (size: number): Pin => ({ size, etag: null, modified: null, ranges: false });

/** Throws, when bytes are asked for: what `openRemote` does, `oci-missing`, `registry-denied`, `registry-auth`. */
export function openBlob(
  host: Host,
  sources: readonly Registry[],
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
  options: OpenOptions,
): Promise<Remote> {
  const pin = pinOf(size);
  const asks = sources.map((source) => ({ name: source.name, ask: askOf(source, digest, pin) }));
  const shown = `${sources.at(-1)?.name}@${digest}`;
  return openRemote(() => inTurn(asks, options.say), { ...options, shown, clock: host.clock }, pin);
}

function askOf({ http, blobUrl, name }: Registry, digest: string, pin: Pin): Ask {
  const shown = `${name}@${digest}`;
  const open: typeof http.open = async (url, options) => {
    const answer = await http.open(url, options);
    // What the registry says of it is more than the status.
    if ([401, 403, 404].includes(answer.status)) throw await registryRefusal(shown, answer);
    return answer;
  };
  const transport = httpTransport({ open }, blobUrl(digest), shown, undefined);
  const ask: Ask = async (from, end, signal) => {
    const answer = await transport(from, end, signal);
    if (answer.pin.size === null || answer.pin.size === pin.size) return answer;
    answer.close();
    throw refused('oci-digest', `${shown} has ${answer.pin.size} bytes instead of ${pin.size}`, {
      hint: 'The registry, or something on the way to it, sends other data than was pushed: use another one.',
    });
  };
  const { several } = transport;
  return Object.assign(ask, several === undefined ? {} : { several });
}

interface NamedAsk {
  readonly name: string;
  readonly ask: Ask;
}

/** The first of them; from the first fault of one on, the next. */
function inTurn(asks: readonly NamedAsk[], say: ((line: string) => void) | undefined): Ask {
  let current = 0;
  const left = (error: unknown, index: number): boolean => {
    const next = asks[index + 1];
    if (next === undefined || !(error instanceof OpsError) || error.kind !== 'refused') return false;
    if (current === index) {
      current = index + 1;
      say?.(`${error.message}; asking ${next.name} instead of ${asks[index]?.name}`);
    }
    return true;
  };
  const ask: Ask = async (from, end, signal) => {
    const index = current;
    const one = asks[index];
    if (one === undefined) throw new Error('a blob without a registry');
    try {
      const answer = await one.ask(from, end, signal);
      return { ...answer, body: watched(answer.body, (error) => void left(error, index)) };
    } catch (error) {
      if (!left(error, index)) throw error;
      return ask(from, end, signal);
    }
  };
  // Whatever it refuses, it is asked again for one range at a time, and the next one after it.
  const several: Ask['several'] = async (ranges, signal) => {
    try {
      return await asks[current]?.ask.several?.(ranges, signal);
    } catch (error) {
      if (asks[current + 1] === undefined || !(error instanceof OpsError) || error.kind !== 'refused')
        throw error;
      return undefined;
    }
  };
  return Object.assign(ask, { several });
}

async function* watched(
  body: AsyncIterable<Uint8Array>,
  failed: (error: unknown) => void,
): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    failed(error);
    throw error;
  }
}

/** Sending a blob: what is being sent is never overwritten by what is read next. */
import { randomFillSync } from 'node:crypto';
import test from 'ava';
import { linuxHost } from '../../src/host/linux/index.ts';
import { openRegistry } from '../../src/oci/registry.ts';
import { pushBlob } from '../../src/oci/upload.ts';
import { serveRegistry, sha256 } from '../fakes/registry.ts';

const real = linuxHost();
const host = { ...real, system: { ...real.system, env: {} } };

for (const piece of [700, 60_000, 1_000_000, 3_000_000])
  test(`many bytes in pieces of ${piece} bytes, read into one place, to a registry that reads slowly`, async (t) => {
    const registry = await serveRegistry({
      first: (line, request) => {
        // The socket fills up, and what waits in it stays longest.
        if (line.startsWith('PATCH')) {
          request.pause();
          setTimeout(() => request.resume(), 50);
        }
        return false;
      },
    });
    t.teardown(registry.close);
    const bytes = randomFillSync(Buffer.alloc(piece < 1000 ? 2_000_000 : 20_000_000));
    const memory = Buffer.alloc(piece);
    const blob = {
      ...{ digest: sha256(bytes), size: bytes.length },
      read: async function* (from: number, to: number) {
        for (let offset = from; offset < to; offset += piece) {
          const length = bytes.copy(memory, 0, offset, Math.min(to, offset + piece));
          yield memory.subarray(0, length);
          memory.fill(0);
        }
      },
    };
    const open = openRegistry(host, { registry: registry.name, repository: 'a' }, { action: 'push' });
    t.is(await pushBlob(open, blob, { clock: host.clock }), 'sent');
    t.is(Buffer.compare(registry.blobs.get(blob.digest) ?? Buffer.alloc(0), bytes), 0);
  });

/** Sending a blob: what is being sent is never overwritten by what is read next. */
import { randomFillSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { linuxHost } from '../../src/host/linux/index.ts';
import { openRegistry } from '../../src/oci/registry.ts';
import { pushBlob } from '../../src/oci/upload.ts';
import { serveRegistry, sha256 } from '../fakes/registry.ts';
import { temporaryFolder } from '../formats/support.ts';

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

for (const [action, scope] of [
  ['pull', 'repository:a/b:pull'],
  ['push', 'repository:a/b:pull,push'],
] as const)
  test(`a token is asked for what it is used for: ${action}`, async (t) => {
    const registry = await serveRegistry({ login: { user: 'me', password: 'hush', by: 'token' } });
    t.teardown(registry.close);
    const folder = temporaryFolder(t);
    const auth = Buffer.from('me:hush').toString('base64');
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { [registry.name]: { auth } } }));
    const here = { ...host, system: { ...host.system, env: { DOCKER_CONFIG: folder } } };
    const open = openRegistry(here, { registry: registry.name, repository: 'a/b' }, { action });
    const answer = await open.http.open(open.blobUrl(`sha256:${'0'.repeat(64)}`));
    t.is(answer.status, 404);
    answer.close();
    const token = registry.asked.find((line) => line.startsWith('GET /token')) ?? '';
    t.is(new URL(token.split(' ')[1] ?? '', 'http://x').searchParams.get('scope'), scope);
  });

/** A node is upgraded over the network: over HTTP, and out of an image of a registry. */
import { strict as assert } from 'node:assert';
import { type AddressInfo, connect } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { createServer } from 'node:tls';
import { serveRanges } from '../../fakes/range-server.ts';
import { startRegistry } from '../../image/oci/debian-registry.ts';
import { bootLimit, ok, switchOff } from '../support/boots.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';
import { nextImage } from '../support/upgrades/next-image.ts';
import {
  cutBefore,
  recordedUpgrade as fixture,
  kept,
  recorded,
  settled,
} from '../support/upgrades/recorded-upgrade.ts';

export const issue = 15;

/** Another way to a server of this machine: by TLS, with a certificate that is its own authority, for guests. */
async function encryptedPort(t: SystemContext, port: number) {
  const [certificate, key] = [join(t.folder, 'ca.pem'), join(t.folder, 'key.pem')];
  await t.host.processes.run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-days', '2', '-subj', '/CN=registry', '-addext', 'subjectAltName=IP:10.0.2.2'],
    ...['-keyout', key, '-out', certificate],
  ]);
  const authority = await t.host.files.readText(certificate);
  const server = createServer({ cert: authority, key: await t.host.files.readText(key) }, (guest) => {
    const plain = connect(port, '127.0.0.1');
    pipeline(guest, plain, () => {});
    pipeline(plain, guest, () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { authority, port: (server.address() as AddressInfo).port, close: () => server.close() };
}

/** Of all ranges, as the header Range names them; a request without one is not of ranges alone. */
function bytesAsked(asked: readonly string[]): number {
  let sum = 0;
  for (const line of asked) {
    assert.match(line, / bytes=/);
    for (const [, from, to] of line.matchAll(/(\d+)-(\d+)/g)) sum += Number(to) - Number(from) + 1;
  }
  return sum;
}

export const tests: SystemTest[] = [
  {
    name: 'upgrade: out of an image of a registry',
    seconds: 170,
    soak: true,
    uses: [fixture],
    run: async (t) => {
      const { image, start } = await recorded(t);
      const registry = await startRegistry();
      const encrypted = await encryptedPort(t, Number(registry.name.split(':').at(-1)));
      try {
        const opsctl = join(t.artifacts, 'opsctl-linux-amd64');
        const archive = await nextImage(t, '9.0.0');
        const push = ['oci', 'push', archive, `${registry.name}/bos:9.0.0`];
        await t.host.processes.run(opsctl, push);
        await t.host.files.remove(archive);
        const session = await start(await image(cutBefore(0)));
        await settled(session);
        const trusted = encrypted.authority;
        await ok(session, `cat > ca.pem <<'END'\n${trusted}END`);
        const reference = `oci:10.0.2.2:${encrypted.port}/bos:9.0.0`;
        const upgraded = await ok(
          session,
          `sudo opsctl upgrade ${reference} --ca-file ca.pem`,
          bootLimit.timeoutMs,
        );
        assert.match(upgraded, /The next start is of 9\.0\.0/);
        session.type('sudo systemctl reboot\n');
        const after = await settled(session);
        assert.equal(after.os, '9.0.0');
        assert.equal(after.last?.end, 'proved', JSON.stringify(after.last));
        await switchOff(session);
      } finally {
        encrypted.close();
        registry.stop();
      }
    },
  },
  {
    name: 'upgrade: over HTTP, of an ISO in ranges only what the node does not have',
    seconds: 170,
    soak: true,
    uses: [fixture],
    run: async (t) => {
      const { image, start } = await recorded(t);
      const session = await start(await image(cutBefore(0)));
      await settled(session);
      const next = join(t.fixture(fixture), kept.next);
      const server = await serveRanges({ file: next }, { etag: '"1"', several: (parts) => parts });
      try {
        const url = `http://10.0.2.2:${server.port}/bos.iso`;
        const upgraded = await ok(session, `sudo opsctl upgrade ${url} --insecure`, bootLimit.timeoutMs);
        assert.match(upgraded, /The next start is of 9\.0\.0/);
      } finally {
        server.close();
      }
      const fetched = bytesAsked(server.asked);
      const size = (await t.host.files.stat(next))?.size ?? 0;
      t.log(
        `${(fetched / 1e6).toFixed(1)} of ${(size / 1e6).toFixed(1)} MB were asked for, ${server.asked.length} requests`,
      );
      t.figure('% of the ISO fetched', Math.round((100 * fetched) / size));
      // The initrd is another one, and comes as a whole.
      assert.ok(fetched < 0.4 * size, `${fetched} of ${size}`);
      session.type('sudo systemctl reboot\n');
      const after = await settled(session);
      assert.equal(after.os, '9.0.0');
      assert.equal(after.last?.end, 'proved', JSON.stringify(after.last));
      await switchOff(session);
    },
  },
];

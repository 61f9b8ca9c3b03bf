/** Debian's docker-registry and skopeo read what opsctl pushes and pulls, and opsctl reads what skopeo pushes. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { OpsError } from '../../../src/errors.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { Clock, Host } from '../../../src/host/ports.ts';
import { inspectOci } from '../../../src/image/oci/inspect.ts';
import { pullImage } from '../../../src/image/oci/pull.ts';
import { pushImage } from '../../../src/image/oci/push.ts';
import { readOciMedium } from '../../../src/media/oci/medium.ts';
import { parseReference } from '../../../src/oci/reference.ts';
import { archiveOf, manifestText, smallImage } from '../../fakes/oci-image.ts';
import { sha256 } from '../../fakes/registry.ts';
import { startRegistry } from './debian-registry.ts';

const real = linuxHost();
const clock: Clock = { ...real.clock, sleep: async () => {} };
const host: Host = { ...real, clock, system: { ...real.system, env: {}, arch: 'amd64' } };

async function world(t: ExecutionContext) {
  const registry = await startRegistry();
  t.teardown(registry.stop);
  const folder = mkdtempSync(join(tmpdir(), 'bos-oci-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const archive = join(folder, 'image.tar');
  writeFileSync(archive, archiveOf(smallImage()));
  return { registry, folder, archive };
}

const skopeo = (...args: string[]) =>
  execFileSync('skopeo', ['--insecure-policy', ...args], { encoding: 'utf8' });
const push = (archive: string, place: string) =>
  pushImage(host, { archive, reference: parseReference(place), plainHttp: false }, {});
const pull = (place: string, output: string) =>
  pullImage(
    host,
    { reference: parseReference(place), output, force: false, plainHttp: false, mirrors: [] },
    {},
  );

test('pushed by opsctl: skopeo sees the same digest, and copies it with every layer', async (t) => {
  const { registry, folder, archive } = await world(t);
  const place = `${registry.name}/team/bos:1`;
  const { digest } = await push(archive, place);
  const raw = skopeo('inspect', '--raw', '--tls-verify=false', `docker://${place}`);
  t.is(sha256(Buffer.from(raw)), digest);
  const copy = join(folder, 'copy');
  skopeo(
    'copy',
    '--all',
    '--preserve-digests',
    '--src-tls-verify=false',
    `docker://${place}`,
    `oci:${copy}:1`,
  );
  const made = join(folder, 'made.tar');
  execFileSync('tar', ['-C', copy, '-cf', made, '.']);
  t.is((await readOciMedium(host, `oci-archive:${made}`, 'url:image')).manifestText, manifestText);
});

test('pulled by opsctl: skopeo takes the archive, and pushes the same digest', async (t) => {
  const { registry, folder, archive } = await world(t);
  const place = `${registry.name}/bos:1`;
  const { digest } = await push(archive, place);
  const pulled = join(folder, 'pulled.tar');
  await pull(place, pulled);
  const other = `${registry.name}/other:2`;
  skopeo(
    'copy',
    '--all',
    '--preserve-digests',
    '--dest-tls-verify=false',
    `oci-archive:${pulled}`,
    `docker://${other}`,
  );
  const report = await inspectOci(host, other, { mirrors: [], plainHttp: false });
  t.is(report.digest, digest);
});

test('pushed by skopeo: with compressed layers it says what to do; else it is a medium, and is pulled', async (t) => {
  const { registry, folder, archive } = await world(t);
  const there = ['--dest-tls-verify=false', `oci-archive:${archive}`];
  // First: skopeo takes plain layers that are there already, whatever it is told.
  const packed = `${registry.name}/packed:1`;
  skopeo('copy', '--dest-compress-format=gzip', ...there, `docker://${packed}`);
  const error = await t.throwsAsync(readOciMedium(host, `oci:${packed}`, 'url:image'), {
    instanceOf: OpsError,
  });
  t.is(error?.code, 'oci-layers-compressed');
  await pull(packed, join(folder, 'packed.tar'));
  const place = `${registry.name}/bos:1`;
  skopeo('copy', '--all', '--preserve-digests', ...there, `docker://${place}`);
  t.is((await readOciMedium(host, `oci:${place}`, 'url:image')).manifestText, manifestText);
  await pull(place, join(folder, 'pulled.tar'));
});

test('a connection that is cut while sending: docker-registry has the image in the end', async (t) => {
  const { registry, archive } = await world(t);
  const [address = '', port = ''] = registry.name.split(':');
  let cuts = 0;
  const proxy = createServer((client) => {
    const upstream = connect(Number(port), address);
    let passed = 0;
    client.on('data', (data) => {
      passed += data.length;
      if (passed > 150_000 && cuts < 2) {
        cuts += 1;
        client.destroy();
        upstream.destroy();
      } else upstream.write(data);
    });
    upstream.on('data', (data) => client.write(data));
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const)
      one.on('error', () => {}).on('close', () => other.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  t.teardown(() => proxy.close());
  const { port: own } = proxy.address() as { port: number };
  const { digest } = await push(archive, `127.0.0.1:${own}/bos:1`);
  t.is(cuts, 2);
  t.is((await inspectOci(host, `${registry.name}/bos:1`, { mirrors: [], plainHttp: false })).digest, digest);
});

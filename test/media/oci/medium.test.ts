/** An OCI image as a medium: from a registry of our own that behaves well and badly, and from an archive. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { OpsError } from '../../../src/errors.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { Clock, Host, Http } from '../../../src/host/ports.ts';
import { openImage, reopenImage } from '../../../src/media/image.ts';
import type { ImageMedium } from '../../../src/media/image-medium.ts';
import { imageRefSchema } from '../../../src/media/image-ref.ts';
import { manifestPath, renderManifest } from '../../../src/media/manifest.ts';
import { type OciOptions, readOciMedium } from '../../../src/media/oci/medium.ts';
import { mediaTypes } from '../../../src/oci/documents.ts';
import {
  archiveOf,
  type Changes,
  contents,
  descriptor,
  holdImage,
  manifestText,
  smallImage,
  systemManifest,
  tarOf,
} from '../../fakes/oci-image.ts';
import { serveRanges } from '../../fakes/range-server.ts';
import { type FakeRegistry, type Misbehaviour, serveRegistry, sha256 } from '../../fakes/registry.ts';

const real = linuxHost();

function machine(timeoutMs = 20_000): {
  readonly host: Host;
  readonly waits: number[];
  readonly said: string[];
} {
  const waits: number[] = [];
  const clock: Clock = { ...real.clock, sleep: async (ms) => void waits.push(ms) };
  const http: Http = { ...real.http, open: (url, options) => real.http.open(url, { ...options, timeoutMs }) };
  const system = { ...real.system, env: {}, arch: 'amd64' as const };
  return { host: { ...real, clock, http, system }, waits, said: [] };
}

async function registry(t: ExecutionContext, changes?: Changes, how?: Misbehaviour): Promise<FakeRegistry> {
  const serving = await serveRegistry(how);
  t.teardown(serving.close);
  holdImage(serving, smallImage(changes));
  return serving;
}

const read = ({ host, said }: ReturnType<typeof machine>, place: string, options: OciOptions = {}) =>
  readOciMedium(host, place, 'url:image', { ...options, say: (line) => said.push(line) });

/** Every file of the medium, as the steps read them: by its extents, out of the image opened anew. */
async function requireContents(
  t: ExecutionContext,
  host: Host,
  medium: ImageMedium,
  place = '',
): Promise<void> {
  const ref = imageRefSchema.parse(JSON.parse(JSON.stringify(medium.ref)));
  const image = await reopenImage(host, ref, () => place);
  t.true(image.ranges);
  for (const { path, size, extents } of medium.files) {
    const pieces: Uint8Array[] = [];
    for (const { offset, length } of extents)
      for await (const piece of image.stream(offset, offset + length)) pieces.push(Uint8Array.from(piece));
    const bytes = Buffer.concat(pieces);
    t.is(bytes.length, size);
    t.is(Buffer.compare(bytes, contents[path] ?? Buffer.alloc(0)), 0, path);
  }
  await image.close();
}

test('a tag: manifest, signature and where each file lies; the layers are not fetched for it', async (t) => {
  const { name, asked } = await registry(t);
  const one = machine();
  const medium = await read(one, `oci:${name}/bos`);
  const { index, manifest, layers } = smallImage();
  t.is(medium.manifestText, manifestText);
  t.is(medium.signature, 'a signature');
  t.deepEqual(medium.ref, {
    ...{ from: 'oci', shown: `oci:${name}/bos:latest@${sha256(index)}`, registry: name, repository: 'bos' },
    ...{ digest: sha256(manifest), mirrors: [], plainHttp: false },
    blobs: layers.map((layer) => ({ digest: sha256(layer), size: layer.length })),
  });
  t.is(asked.filter((line) => line.includes('/manifests/')).length, 2);
  const before = asked.length;
  await requireContents(t, one.host, medium);
  t.false(
    asked.slice(before).some((line) => line.includes('/manifests/')),
    'opened by digest alone',
  );
});

test('a tag that moves meanwhile changes nothing', async (t) => {
  const serving = await registry(t);
  const one = machine();
  const medium = await read(one, `oci:${serving.name}/bos`);
  const other = smallImage({ last: { [manifestPath]: 'another' } });
  serving.documents.set('bos:latest', { mediaType: mediaTypes.index, bytes: other.index });
  await requireContents(t, one.host, medium);
  t.is(medium.manifestText, manifestText);
});

test('by digest; a single manifest without an index', async (t) => {
  const { name, documents } = await registry(t);
  const { index, manifest } = smallImage();
  for (const digest of [sha256(index), sha256(manifest)])
    t.is((await read(machine(), `oci:${name}/bos@${digest}`)).manifestText, manifestText);
  documents.set('bos:single', { mediaType: mediaTypes.manifest, bytes: manifest });
  t.is((await read(machine(), `oci:${name}/bos:single`)).manifestText, manifestText);
});

const survives = test.macro({
  title: (name) => `survived: ${name}`,
  exec: async (t, how: Misbehaviour, waits?: readonly number[]) => {
    const { name } = await registry(t, {}, how);
    const one = machine();
    await requireContents(t, one.host, await read(one, `oci:${name}/bos`));
    if (waits !== undefined) t.deepEqual(one.waits, waits);
  },
});

test('a registry that drops the connection again and again', survives, { cutAfter: 65_536 });
test('one that knows no ranges', survives, { noRanges: true });
test('one that knows no ranges and drops', survives, { noRanges: true, cutAfter: 120_000, cuts: 3 });
test(
  '429 with Retry-After is waited for',
  survives,
  {
    first: (_, __, response, number) => {
      if (number !== 1) return false;
      response.writeHead(429, { 'retry-after': '7' }).end();
      return true;
    },
  },
  [7000],
);
test('errors of a proxy', survives, {
  first: (_, __, response, number) => {
    if (number % 3 !== 0) return false;
    response.writeHead(502).end('<html>');
    return true;
  },
});

const refuses = test.macro({
  title: (name) => `refused: ${name}`,
  exec: async (
    t,
    code: string,
    { changes, how, tag = 'latest' }: { changes?: Changes; how?: Misbehaviour; tag?: string },
  ) => {
    const { name } = await registry(t, changes, how);
    const error = await t.throwsAsync(read(machine(500), `oci:${name}/bos:${tag}`), { instanceOf: OpsError });
    t.like(error, { kind: 'refused', code });
    t.truthy(error?.hint);
  },
});

test('no such tag', refuses, 'oci-missing', { tag: 'v9' });
test('another architecture', refuses, 'oci-arch', { changes: { arch: 'arm64' } });
test('a system of another architecture than its index says', refuses, 'oci-arch', {
  changes: { last: { [manifestPath]: renderManifest({ ...systemManifest, arch: 'arm64' }) } },
});
test('compressed layers', refuses, 'oci-layers-compressed', {
  changes: { layerType: mediaTypes.packedLayer },
});
test('no system in it', refuses, 'manifest-missing', { changes: { last: { 'etc/passwd': 'x' } } });
test('a manifest that is none', refuses, 'manifest-invalid', { changes: { last: { [manifestPath]: '{}' } } });
test('a layer that is not a tar archive', refuses, 'oci-invalid', {
  changes: { last: { [manifestPath]: manifestText }, arch: 'amd64' },
  how: { otherBytes: true },
});
test('a registry that says nothing any more', refuses, 'url-timeout', { how: { stallAfter: 100 } });
test('one that always has too much to do', refuses, 'url-status', {
  how: {
    first: (_, __, response) => {
      response.writeHead(503).end();
      return true;
    },
  },
});
test('nobody is logged in', refuses, 'registry-denied', {
  how: { login: { user: 'me', password: 'x', by: 'token' } },
});

test('refused: a file that is missing or has another size', async (t) => {
  const files = systemManifest.files.map((file, index) =>
    index === 0 ? { ...file, size: file.size + 1 } : file,
  );
  const extra = { path: 'bos/system/os/1.0.0/more', size: 1, sha256: '0'.repeat(64) };
  const text = renderManifest({ ...systemManifest, files: [...files, extra] });
  const { name } = await registry(t, { last: { [manifestPath]: text } });
  const error = await t.throwsAsync(read(machine(), `oci:${name}/bos`), { instanceOf: OpsError });
  t.is(error?.code, 'medium-incomplete');
  t.deepEqual(error?.details, [
    'bos/system/kernel/6.1/vmlinuz has 70000 bytes instead of 70001',
    'bos/system/os/1.0.0/more is missing',
  ]);
});

test('refused: documents and a layer with other bytes than their digests', async (t) => {
  const serving = await registry(t);
  const { manifest, layers } = smallImage();
  const lies = async (change: () => void) => {
    change();
    const error = await t.throwsAsync(read(machine(), `oci:${serving.name}/bos`), { instanceOf: OpsError });
    t.is(error?.code, 'oci-digest');
    holdImage(serving, smallImage());
  };
  const damaged = (bytes: Uint8Array, from: string, to: string) =>
    Buffer.from(Buffer.from(bytes).toString('latin1').replace(from, to), 'latin1');
  await lies(() =>
    serving.documents.set(`bos@${sha256(manifest)}`, {
      ...{ mediaType: mediaTypes.manifest, bytes: damaged(manifest, 'linux', 'Linux') },
      bytes: Buffer.concat([manifest, Buffer.from(' ')]),
    }),
  );
  const last = layers[2] ?? Buffer.alloc(0);
  // Still an archive, whose manifest is another.
  await lies(() => void serving.blobs.set(sha256(last), damaged(last, '"kernel": "6.1"', '"kernel": "6.2"')));
});

test('refused: a blob of another size than was said, an entry that goes beyond its layer', async (t) => {
  const serving = await registry(t);
  const image = smallImage();
  const [kernel = Buffer.alloc(0), ...others] = image.layers;
  const cut = kernel.subarray(0, 50_000);
  serving.blobs.set(sha256(cut), cut);
  const codes: (string | undefined)[] = [];
  for (const first of [
    { ...descriptor(mediaTypes.layer, kernel), size: 50_000 },
    descriptor(mediaTypes.layer, cut),
  ]) {
    const manifest = Buffer.from(
      JSON.stringify({
        ...{ schemaVersion: 2, mediaType: mediaTypes.manifest },
        config: descriptor(mediaTypes.config, image.config),
        layers: [first, ...others.map((layer) => descriptor(mediaTypes.layer, layer))],
      }),
    );
    serving.documents.set('bos:cut', { mediaType: mediaTypes.manifest, bytes: manifest });
    const error = await t.throwsAsync(read(machine(), `oci:${serving.name}/bos:cut`), {
      instanceOf: OpsError,
    });
    codes.push(error?.code);
    t.regex(
      `${error?.message} ${error?.details.join()}`,
      /70656 bytes instead|goes beyond its end|bytes instead of 50000/,
    );
  }
  t.deepEqual(codes, ['oci-digest', 'oci-invalid']);
});

test('mirrors are asked first, and left for the registry itself when they fail', async (t) => {
  const [origin, good, empty, lying] = await Promise.all([
    registry(t),
    registry(t),
    serveRegistry(),
    registry(t, {}, { otherBytes: true }),
  ]);
  t.teardown(empty.close);
  const place = `oci:${origin.name}/bos`;
  const first = machine();
  await requireContents(t, first.host, await read(first, place, { mirrors: [good.name] }));
  t.is(origin.asked.length, 0);
  const second = machine();
  await requireContents(t, second.host, await read(second, place, { mirrors: [empty.name] }));
  t.true(origin.asked.length > 0);
  t.regex(
    second.said.join('\n'),
    new RegExp(`does not exist; asking ${origin.name}/bos instead of ${empty.name}`),
  );
  const cutting = await registry(t, {}, { cutAfter: 1000 });
  const third = machine();
  await requireContents(t, third.host, await read(third, place, { mirrors: [cutting.name] }));
  t.is(
    (await t.throwsAsync(read(machine(), place, { mirrors: [lying.name] }), { instanceOf: OpsError }))?.code,
    'oci-invalid',
  );
});

test('an archive, by its path and by its URL: nothing is unpacked, its files lie where they lie', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'bos-oci-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const archive = archiveOf(smallImage());
  const file = join(folder, 'bos.tar');
  writeFileSync(file, archive);
  const one = machine();
  const medium = await read(one, `oci-archive:${file}`);
  t.like(medium.ref, { from: 'file', path: file });
  t.is(medium.signature, 'a signature');
  await requireContents(t, one.host, medium);

  const server = await serveRanges(archive);
  t.teardown(server.close);
  const place = `oci-archive:${server.url}?token=hush`;
  const remote = await read(one, place);
  t.like(remote.ref, { from: 'url', url: 'url:image', shown: server.url });
  await requireContents(t, one.host, remote, place);

  writeFileSync(file, tarOf({ 'oci-layout': '{}', 'index.json': '{"schemaVersion":2,"manifests":[]}' }));
  t.is(
    (await t.throwsAsync(read(one, `oci-archive:${file}`), { instanceOf: OpsError }))?.code,
    'oci-invalid',
  );
  const refused = async (bytes: Uint8Array | string, message: RegExp, hint: RegExp) => {
    writeFileSync(file, bytes);
    const error = await t.throwsAsync(read(one, `oci-archive:${file}`), { instanceOf: OpsError });
    t.is(error.code, 'oci-invalid');
    t.regex(error.message, message);
    t.regex(error.hint ?? '', hint);
  };
  await refused('not an archive', /bos\.tar is not a tar archive$/, /^Name what `opsctl build oci` or/);
  await refused('', /bos\.tar is not a tar archive$/, /^Name what/);
  await refused(tarOf({ a: 'b' }), /bos\.tar is not an OCI image in an archive$/, /^Name what/);
  await refused(tarOf({ 'manifest.json': '[]' }), /is not an OCI image in an archive$/, /docker save/);
  await refused(archive.subarray(0, archive.length - 2000), /is not an OCI image that this/, /damaged/);
});

test('an OCI image is not a disk image', async (t) => {
  for (const place of ['oci:r.example/bos', 'oci-archive:/x.tar'])
    t.like(await t.throwsAsync(async () => openImage(real, place, 'url:image')), {
      kind: 'usage',
      code: 'iso-url',
    });
});

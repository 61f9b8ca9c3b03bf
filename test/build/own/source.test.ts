/** Images as they come, from a registry, archives and folders, brought in as one root; and those that are refused. */
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import { layered } from '../../../src/build/own/layers.ts';
import { openOwnRoot } from '../../../src/build/own/open.ts';
import { ownPlace } from '../../../src/build/own/place.ts';
import { folderRootStage, imageRootStage } from '../../../src/build/own/root-stage.ts';
import { openRegistryImage, openStoredImage } from '../../../src/build/own/source.ts';
import { stageRunner } from '../../../src/build/stage.ts';
import { OpsError } from '../../../src/errors.ts';
import { mediaTypes } from '../../../src/oci/documents.ts';
import { parseReference } from '../../../src/oci/reference.ts';
import { descriptor, holdImage, tarOf } from '../../fakes/oci-image.ts';
import { serveRegistry, sha256 } from '../../fakes/registry.ts';
import { folder, realHost, stageContext } from '../support.ts';
import { archiveOf, shownTree } from './archives.ts';

const plain = [
  archiveOf([
    ['etc/', ''],
    ['etc/a', 'one'],
    ['etc/b', 'one'],
  ]),
  archiveOf([
    ['etc/.wh.b', ''],
    ['etc/c', 'two'],
  ]),
];
const expected = { etc: '/', 'etc/a': 'one', 'etc/c': 'two' };

interface Shape {
  readonly pack?: (layer: Buffer) => Buffer;
  readonly type?: string;
  readonly arch?: string;
  readonly diffIds?: readonly string[];
}

/** An image of the layers above. */
function image({ pack = (layer) => layer, type = mediaTypes.layer, arch = 'amd64', diffIds }: Shape = {}) {
  const layers = plain.map(pack);
  const config = Buffer.from(
    JSON.stringify({
      ...{ architecture: arch, os: 'linux' },
      rootfs: { type: 'layers', diff_ids: diffIds ?? plain.map(sha256) },
    }),
  );
  const manifest = Buffer.from(
    JSON.stringify({
      ...{ schemaVersion: 2, mediaType: mediaTypes.manifest },
      config: descriptor(mediaTypes.config, config),
      layers: layers.map((layer) => descriptor(type, layer)),
    }),
  );
  const index = Buffer.from(
    JSON.stringify({
      ...{ schemaVersion: 2, mediaType: mediaTypes.index },
      manifests: [
        { ...descriptor(mediaTypes.manifest, manifest), platform: { architecture: arch, os: 'linux' } },
      ],
    }),
  );
  return { layers, config, manifest, index };
}

/** The files of an image layout. */
function layoutFiles({ layers, config, manifest }: ReturnType<typeof image>): Record<string, Buffer> {
  return {
    'oci-layout': Buffer.from('{"imageLayoutVersion":"1.0.0"}'),
    'index.json': Buffer.from(
      JSON.stringify({ schemaVersion: 2, manifests: [descriptor(mediaTypes.manifest, manifest)] }),
    ),
    ...Object.fromEntries(
      [manifest, config, ...layers].map((blob) => [`blobs/${sha256(blob).replace(':', '/')}`, blob]),
    ),
  };
}

const saved = (layers: readonly Buffer[], more: Record<string, unknown> = {}) =>
  tarOf({
    'manifest.json': JSON.stringify([
      {
        Config: 'c.json',
        RepoTags: ['a:b'],
        Layers: layers.map((_, index) => `${index}/layer.tar`),
        ...more,
      },
    ]),
    'c.json': image().config,
    ...Object.fromEntries(layers.map((layer, index) => [`${index}/layer.tar`, layer])),
  });

async function write(t: ExecutionContext, bytes: Uint8Array): Promise<string> {
  const path = join(await folder(t), 'image.tar');
  writeFileSync(path, bytes);
  return path;
}

const options = () => ({ arch: 'amd64' as const, signal: new AbortController().signal });

/** What the stage makes of an image. */
async function rootOf(t: ExecutionContext, open: ReturnType<typeof openStoredImage>) {
  const opened = await open;
  try {
    const stage = imageRootStage(realHost, opened);
    return await shownRoot(await stageRunner(stageContext(await folder(t))).ensure(stage));
  } finally {
    await opened.close();
  }
}

async function shownRoot(made: string) {
  const source = await realHost.files.open(`${made}/root.tar`, 'r');
  try {
    return await shownTree(await layered([{ name: 'root', source }]), [source]);
  } finally {
    await source.close();
  }
}

const shapes: Readonly<Record<string, Shape>> = {
  plain: {},
  gzip: { pack: gzipSync, type: mediaTypes.packedLayer },
  zstd: { pack: (layer) => Buffer.from(zstdCompressSync(layer)), type: `${mediaTypes.layer}+zstd` },
  docker: { pack: gzipSync, type: 'application/vnd.docker.image.rootfs.diff.tar.gzip' },
};

for (const [name, shape] of Object.entries(shapes))
  test(`an image layout, as an archive and a folder, in a registry: ${name}`, async (t) => {
    const made = image(shape);
    const path = await write(t, tarOf(layoutFiles(made)));
    t.deepEqual(await rootOf(t, openStoredImage(realHost, path, 'archive', options())), expected);

    const layout = await folder(t);
    for (const [file, bytes] of Object.entries(layoutFiles(made))) {
      mkdirSync(join(layout, file, '..'), { recursive: true });
      writeFileSync(join(layout, file), bytes);
    }
    t.deepEqual(await ownPlace(realHost, layout), { kind: 'layout', path: layout });
    t.deepEqual(await rootOf(t, openStoredImage(realHost, layout, 'layout', options())), expected);

    const registry = await serveRegistry();
    t.teardown(registry.close);
    holdImage(registry, made);
    const reference = parseReference(`${registry.name}/bos`);
    t.deepEqual(await rootOf(t, openRegistryImage(realHost, reference, options())), expected);
  });

test('what docker save writes, packed or not, and with a layer that is a link to another', async (t) => {
  for (const layers of [plain, plain.map((layer) => gzipSync(layer))]) {
    const path = await write(t, saved(layers));
    t.deepEqual(await rootOf(t, openStoredImage(realHost, path, 'archive', options())), expected);
  }
});

test('a folder, as it is read by tar; what a kernel fills is left out', async (t) => {
  const root = await folder(t);
  mkdirSync(join(root, 'etc'));
  mkdirSync(join(root, 'proc'));
  writeFileSync(join(root, 'etc/a'), 'one');
  writeFileSync(join(root, 'proc/x'), 'x');
  symlinkSync('/nowhere', join(root, 'etc/link'));
  const stage = folderRootStage(realHost, root, 'digest');
  t.deepEqual(await shownRoot(await stageRunner(stageContext(await folder(t))).ensure(stage)), {
    ...{ etc: '/', 'etc/a': 'one', 'etc/link': '-> /nowhere', proc: '/' },
  });
});

async function refusal(t: ExecutionContext, work: () => Promise<unknown>): Promise<OpsError> {
  const error = await t.throwsAsync<OpsError>(work(), { instanceOf: OpsError });
  return error ?? Promise.reject(new Error('nothing was thrown'));
}

const refusedImage = (t: ExecutionContext, bytes: Uint8Array) =>
  refusal(t, async () => rootOf(t, openStoredImage(realHost, await write(t, bytes), 'archive', options())));

test('an image for another architecture', async (t) => {
  const error = await refusedImage(t, tarOf(layoutFiles(image({ arch: 'arm64' }))));
  t.is(error.code, 'oci-arch');
  t.regex(error.message, /is for linux\/arm64, not linux\/amd64/);
});

test('layers that are no archives, all of them named', async (t) => {
  const type = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';
  const error = await refusedImage(t, tarOf(layoutFiles(image({ type }))));
  t.is(error.code, 'layer-type');
  t.deepEqual(
    error.details,
    plain.map((layer) => `${sha256(layer)}: ${type}`),
  );
});

test('a layer that was cut off, changed, or is another one than the configuration says', async (t) => {
  const made = image({ pack: gzipSync, type: mediaTypes.packedLayer });
  const [first = Buffer.alloc(0)] = made.layers;
  const files = layoutFiles(made);
  const path = `blobs/${sha256(first).replace(':', '/')}`;
  const short = await refusedImage(t, tarOf({ ...files, [path]: first.subarray(0, -20) }));
  t.is(short.code, 'oci-invalid');
  t.regex(short.details.join(), /bytes instead of/);
  const changed = Buffer.from(first);
  changed[12] = (changed[12] ?? 0) ^ 1;
  const damaged = await refusedImage(t, tarOf({ ...files, [path]: changed }));
  t.true(['oci-digest', 'image-damaged'].includes(damaged.code), damaged.code);
  const other = await refusedImage(t, tarOf(layoutFiles(image({ diffIds: [sha256(first), sha256(first)] }))));
  t.is(other.code, 'oci-digest');
  const cut = await refusedImage(t, saved(plain.map((layer) => gzipSync(layer).subarray(0, -9))));
  t.is(cut.code, 'image-damaged');
});

test('archives that are no image, hold two, or lack a part', async (t) => {
  const nothing = await refusedImage(t, tarOf({ 'etc/passwd': 'x' }));
  t.regex(nothing.message, /a tar archive, but not of an image/);
  t.regex((await refusedImage(t, Buffer.alloc(2000, 'x'))).code, /oci-invalid/);
  const [row] = [{ Config: 'c.json', Layers: ['0/layer.tar'] }];
  const two = tarOf({ 'manifest.json': JSON.stringify([row, row]), 'c.json': '{}' });
  t.regex((await refusedImage(t, two)).message, /holds 2 images/);
  t.regex((await refusedImage(t, saved(plain, { Layers: ['9/layer.tar'] }))).details.join(), /.+/);
  const files = layoutFiles(image());
  const { [`blobs/${sha256(image().config).replace(':', '/')}`]: _, ...without } = files;
  t.is((await refusedImage(t, tarOf(without))).code, 'oci-invalid');
});

test('nothing stays of an image that is refused', async (t) => {
  const cache = await folder(t);
  const evil = archiveOf([['../../x', '1']]);
  const config = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [sha256(evil)] } };
  const path = await write(
    t,
    tarOf({
      'manifest.json': JSON.stringify([{ Config: 'c.json', Layers: ['l.tar'] }]),
      'c.json': JSON.stringify(config),
      'l.tar': evil,
    }),
  );
  const context = stageContext(cache);
  const error = await refusal(t, () =>
    openOwnRoot(context, stageRunner(context), {
      ...{ place: path, arch: 'amd64' as const, node: '/bin/true', modules: '' },
    }),
  );
  t.is(error.code, 'layer-unsafe');
  t.deepEqual(await realHost.files.list(cache), []);
});

test('what may be named', async (t) => {
  const path = await write(t, Buffer.alloc(0));
  t.deepEqual(await ownPlace(realHost, path), { kind: 'archive', path });
  for (const scheme of ['oci-archive:', 'docker-archive:'])
    t.deepEqual(await ownPlace(realHost, scheme + path), { kind: 'archive', path });
  const other = join(path, '..', 'copy');
  cpSync(path, other);
  t.like(await ownPlace(realHost, 'oci:localhost:5000/a/b:1'), { kind: 'registry' });
  const error = await refusal(t, () => ownPlace(realHost, 'docker://a/b'));
  t.deepEqual([error.code, error.kind], ['from-unknown', 'usage']);
  t.is((await refusal(t, () => ownPlace(realHost, '/nowhere/at/all'))).code, 'from-missing');
});

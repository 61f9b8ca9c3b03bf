/** Packs into a registry and out of it: one of our own making, which drops, lies and asks who we are. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { OpsError } from '../../../src/errors.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { Clock, Host, Http } from '../../../src/host/ports.ts';
import { buildArchive } from '../../../src/palette/registry/build-archive.ts';
import { listPacks } from '../../../src/palette/registry/list.ts';
import { openPack } from '../../../src/palette/registry/open-pack.ts';
import { packManifest, parsePackRegistry } from '../../../src/palette/registry/pack-reference.ts';
import { pullPack } from '../../../src/palette/registry/pull.ts';
import { pushPack } from '../../../src/palette/registry/push.ts';
import { holdImage, smallImage } from '../../fakes/oci-image.ts';
import { type Misbehaviour, serveRegistry, sha256 } from '../../fakes/registry.ts';
import { type PackFileTexts, packFolder, soundPack } from '../pack-folders.ts';

const real = linuxHost();
const clock: Clock = { ...real.clock, sleep: async () => {} };
const http: Http = {
  ...real.http,
  open: (url, options) => real.http.open(url, { ...options, timeoutMs: 20_000 }),
};
const machine = (env: Host['system']['env'] = {}): Host => ({
  ...real,
  clock,
  http,
  system: { ...real.system, env },
});

const pack = { name: 'edge-native-byoi', version: '2.1.0' };
const repository = 'team/spectro-packs/archive/edge-native-byoi';

async function world(t: ExecutionContext, how: Misbehaviour = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'bos-pack-push-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const registry = await serveRegistry(how);
  t.teardown(registry.close);
  const where = parsePackRegistry(`${registry.name}/team`);
  const archive = async (files: PackFileTexts = soundPack) => {
    const source = packFolder(t, files);
    const { content } = await openPack(real, source, 'p');
    return buildArchive(real, { content, folder: source }, pack, join(folder, 'pack.tar.gz'));
  };
  const push = async (options: { files?: PackFileTexts; force?: boolean; host?: Host } = {}) =>
    pushPack(
      options.host ?? machine(),
      { where, pack, archive: await archive(options.files), force: options.force ?? false, plainHttp: false },
      {},
    );
  const pull = (more: object = {}) =>
    pullPack(machine(), { where, pack, folder, unpack: false, force: false, plainHttp: false, ...more }, {});
  const writes = () => registry.asked.filter((line) => /^(POST|PATCH|PUT) /.test(line));
  return { folder, registry, where, archive, push, pull, writes };
}

const other: PackFileTexts = { ...soundPack, 'README.md': '# Another\n' };

test('pushed: the exact manifest, two blobs, the tag last', async (t) => {
  const { registry, push, writes } = await world(t);
  const { how, digest, reference } = await push();
  t.is(how, 'pushed');
  const held = registry.documents.get(`${repository}:2.1.0`);
  const layer = readLayer(held?.bytes);
  t.is(held?.mediaType, 'application/vnd.oci.image.manifest.v1+json');
  t.is(
    Buffer.from(held?.bytes ?? []).toString(),
    '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",' +
      '"config":{"mediaType":"application/vnd.unknown.config.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},' +
      `"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"${layer.digest}","size":${layer.size},` +
      '"annotations":{"org.opencontainers.image.title":"edge-native-byoi-2.1.0.tar.gz"}}]}',
  );
  t.is(reference, `${registry.name}/${repository}:2.1.0@${digest}`);
  t.deepEqual([...registry.blobs.keys()].toSorted(), [layer.digest, sha256(Buffer.from('{}'))].toSorted());
  t.is(writes().at(-1), `PUT /v2/${repository}/manifests/2.1.0`);
  t.is(writes().filter((line) => line.includes('/manifests/')).length, 1);
  const before = writes().length;
  t.is((await push()).how, 'there');
  t.is(writes().length, before);
});

const readLayer = (bytes: Uint8Array | undefined) =>
  JSON.parse(Buffer.from(bytes ?? []).toString()).layers[0] as { digest: string; size: number };

test('another content under the same version: refused, nothing sent; replaced when forced', async (t) => {
  const { registry, push, writes } = await world(t);
  await push();
  const [before, count] = [registry.documents.get(`${repository}:2.1.0`), writes().length];
  const error = await t.throwsAsync(push({ files: other }), { instanceOf: OpsError });
  t.like(error, { kind: 'refused', code: 'pack-exists' });
  t.is(registry.documents.get(`${repository}:2.1.0`), before);
  t.is(writes().length, count);
  t.is((await push({ files: other, force: true })).how, 'replaced');
  t.not(registry.documents.get(`${repository}:2.1.0`), before);
});

test('pushed by another program, whose manifest is another: nothing to do', async (t) => {
  const { registry, push, writes } = await world(t);
  await push();
  const key = `${repository}:2.1.0`;
  const { mediaType: _, ...manifest } = JSON.parse(
    Buffer.from(registry.documents.get(key)?.bytes ?? []).toString(),
  );
  const bytes = Buffer.from(JSON.stringify(manifest));
  registry.documents.set(key, { mediaType: 'application/vnd.oci.image.manifest.v1+json', bytes });
  const before = writes().length;
  t.like(await push(), { how: 'there', digest: sha256(bytes) });
  t.is(writes().length, before);
});

test('somebody else’s tag is never touched', async (t) => {
  const { registry, push, pull, writes } = await world(t);
  holdImage(registry, smallImage(), repository, '2.1.0');
  for (const force of [false, true]) {
    const error = await t.throwsAsync(push({ force }), { instanceOf: OpsError });
    t.like(error, { kind: 'refused', code: 'pack-foreign' });
  }
  t.deepEqual(writes(), []);
  t.like(await t.throwsAsync(pull()), { kind: 'refused', code: 'pack-foreign' });
});

test('what somebody pushes while we send is not overwritten, whatever was forced', async (t) => {
  for (const force of [false, true]) {
    const { registry, push, archive } = await world(t);
    const theirs = packManifest({ ...(await archive(other)), title: 'edge-native-byoi-2.1.0.tar.gz' });
    registry.behave({
      first: (line) => {
        if (line.startsWith('PATCH'))
          registry.documents.set(`${repository}:2.1.0`, { mediaType: theirs.mediaType, bytes: theirs.bytes });
        return false;
      },
    });
    t.like(await t.throwsAsync(push({ force })), { code: 'pack-exists' });
    t.is(registry.documents.get(`${repository}:2.1.0`)?.bytes, theirs.bytes);
  }
});

test('a registry that refuses in the middle: no tag', async (t) => {
  for (const step of ['POST', 'PATCH', 'PUT']) {
    const { registry, push } = await world(t, {
      first: (line, _, response) => {
        if (!line.startsWith(step)) return false;
        response.writeHead(403).end('{"errors":[{"code":"DENIED","message":"not here"}]}');
        return true;
      },
    });
    const error = await t.throwsAsync(push(), { instanceOf: OpsError });
    t.like(error, { kind: 'refused', code: 'registry-denied' });
    t.deepEqual(error?.details, ['DENIED: not here']);
    t.false(registry.documents.has(`${repository}:2.1.0`));
  }
});

const large = {
  ...soundPack,
  'charts/a.tgz': randomBytes(400_000),
};

test('sent on from where it was cut off', async (t) => {
  const { registry, push } = await world(t, { uploadCutAfter: 65_536, uploadCuts: 2 });
  await push({ files: large });
  const { digest, size } = readLayer(registry.documents.get(`${repository}:2.1.0`)?.bytes);
  t.is(registry.blobs.get(digest)?.length, size);
  t.true(registry.asked.some((line) => line.startsWith(`GET /v2/${repository}/blobs/uploads/`)));
});

test('by password and by token, from docker’s configuration', async (t) => {
  for (const by of ['basic', 'token'] as const) {
    const { folder, registry, push } = await world(t, { login: { user: 'me', password: 'hush', by } });
    t.like(await t.throwsAsync(push()), { kind: 'refused', code: 'registry-denied' });
    const auth = Buffer.from('me:hush').toString('base64');
    await real.files.write(
      join(folder, 'config.json'),
      JSON.stringify({ auths: { [registry.name]: { auth } } }),
    );
    t.is((await push({ host: machine({ DOCKER_CONFIG: folder }) })).how, 'pushed');
  }
});

test('pulled: the archive as it was pushed, or its files', async (t) => {
  const { folder, push, pull, registry } = await world(t);
  await push({ files: large });
  registry.behave({ cutAfter: 65_536, cuts: 3 });
  const { path, bytes } = await pull();
  t.is(path, join(folder, 'edge-native-byoi-2.1.0.tar.gz'));
  t.is(Buffer.compare(readFileSync(path), readFileSync(join(folder, 'pack.tar.gz'))), 0);
  t.is(readFileSync(path).length, bytes);
  const unpacked = (await pull({ unpack: true })).path;
  for (const [file, content] of Object.entries(large))
    t.is(Buffer.compare(readFileSync(join(unpacked, file)), Buffer.from(content)), 0, file);
  t.like(await t.throwsAsync(pull()), { code: 'output-exists' });
  t.like(await t.throwsAsync(pull({ unpack: true, force: true })), { code: 'output-exists' });
  await pull({ force: true });
  t.deepEqual(readdirSync(folder), [
    'edge-native-byoi-2.1.0',
    'edge-native-byoi-2.1.0.tar.gz',
    'pack.tar.gz',
  ]);
});

test('pulled from a registry that lies, or holds an archive that is none: nothing is left', async (t) => {
  const { folder, push, pull, registry } = await world(t);
  await push();
  registry.behave({ otherBytes: true });
  for (const unpack of [false, true])
    t.like(await t.throwsAsync(pull({ unpack })), { kind: 'refused', code: 'oci-digest' });
  registry.behave({});
  const bytes = Buffer.from('no archive');
  const manifest = packManifest({ digest: sha256(bytes), size: bytes.length, title: 'x.tar.gz' });
  registry.blobs.set(sha256(bytes), bytes);
  registry.documents.set(`${repository}:2.1.0`, { mediaType: manifest.mediaType, bytes: manifest.bytes });
  for (const unpack of [false, true])
    t.like(await t.throwsAsync(pull({ unpack })), { code: 'image-damaged' });
  t.deepEqual(readdirSync(folder), ['pack.tar.gz']);
});

test('pulled: on the disk before it has its name, looked through before that; what fails leaves nothing', async (t) => {
  const { folder, registry, where, push } = await world(t);
  await push();
  for (const unpack of [false, true]) {
    const done: string[] = [];
    const files: Host['files'] = {
      ...real.files,
      open: async (path, flags) => {
        const file = await real.files.open(path, flags);
        const name = path.replace(`${folder}/edge-native-byoi-2.1.0`, '');
        if (flags === 'r') {
          done.push(`read ${name}`);
          return file;
        }
        return {
          ...file,
          sync: () => {
            done.push(`sync ${name}`);
            return file.sync();
          },
        };
      },
      rename: (from, to) => {
        done.push('rename');
        return real.files.rename(from, to);
      },
    };
    const host = { ...machine(), files };
    await pullPack(host, { where, pack, folder, unpack, force: false, plainHttp: false }, {});
    const archive = '.tar.gz.partial';
    const inside = ['README.md', 'logo.png', 'pack.json', 'values.yaml'].map(
      (name) => `sync .partial/${name}`,
    );
    t.deepEqual(done, [`sync ${archive}`, `read ${archive}`, ...(unpack ? inside : []), 'rename']);
  }
  t.false(readdirSync(folder).some((name) => name.endsWith('.partial')));
  const full = { ...machine(), files: { ...real.files, freeSpace: async () => 10 } };
  const other = mkdtempSync(join(folder, 'x'));
  const request = { where, pack, folder: other, unpack: false, force: false, plainHttp: false };
  t.like(await t.throwsAsync(pullPack(full, request, {})), { kind: 'refused', code: 'output-full' });
  t.deepEqual(readdirSync(other), []);
  t.true(registry.asked.length > 0);
});

test('listed: page by page, other repositories passed over', async (t) => {
  const { registry, where, push } = await world(t, {
    first: (line, _, response) => {
      const pages: Record<string, [string[], string?]> = {
        'GET /v2/_catalog?n=1000': [['bos', repository], '/v2/_catalog?n=1000&last=x'],
        'GET /v2/_catalog?n=1000&last=x': [['team/spectro-packs/archive/a', 'other/spectro-packs/archive/b']],
      };
      const page = pages[line];
      const tags = /^GET \/v2\/(.*)\/tags\/list/.exec(line);
      if (page === undefined && tags === null) return false;
      if (page?.[1] !== undefined) response.setHeader('link', `<${page[1]}>; rel="next"`);
      response.end(JSON.stringify(tags ? { tags: ['1.10.0', '1.9.0'] } : { repositories: page?.[0] }));
      return true;
    },
  });
  const versions = ['1.9.0', '1.10.0'];
  t.deepEqual(await listPacks(machine(), where, undefined, { plainHttp: false }), [
    { name: 'a', versions },
    { name: 'edge-native-byoi', versions },
  ]);
  registry.behave({});
  t.like(await t.throwsAsync(listPacks(machine(), where, undefined, { plainHttp: false })), {
    code: 'registry-catalog',
  });
  await push();
});

test('places of packs', (t) => {
  for (const text of ['r.example', 'r.example/', 'r.example/spectro-packs/archive', 'oci:r.example'])
    t.deepEqual(parsePackRegistry(text), { registry: 'r.example', base: '' }, text);
  t.deepEqual(parsePackRegistry('R.example:5000/a/b/spectro-packs/archive/'), {
    registry: 'r.example:5000',
    base: 'a/b',
  });
  for (const text of ['', 'team', 'https://r.example', 'r.example/A', 'r.example/a b'])
    t.throws(() => parsePackRegistry(text), { code: 'pack-registry' }, text);
});

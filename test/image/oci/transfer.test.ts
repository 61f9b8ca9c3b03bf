/** Images into a registry and out of it again: of our own making, which drops, forgets, lies and asks who we are. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { OpsError } from '../../../src/errors.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { Clock, Host, Http } from '../../../src/host/ports.ts';
import { inspectOci } from '../../../src/image/oci/inspect.ts';
import { pullImage } from '../../../src/image/oci/pull.ts';
import { pushImage } from '../../../src/image/oci/push.ts';
import { readOciMedium } from '../../../src/media/oci/medium.ts';
import { parseReference } from '../../../src/oci/reference.ts';
import { archiveOf, holdImage, manifestText, smallImage } from '../../fakes/oci-image.ts';
import { type FakeRegistry, type Misbehaviour, serveRegistry, sha256 } from '../../fakes/registry.ts';

const real = linuxHost();

function machine(config?: string) {
  const waits: number[] = [];
  const said: string[] = [];
  const clock: Clock = { ...real.clock, sleep: async (ms) => void waits.push(ms) };
  const http: Http = {
    ...real.http,
    open: (url, options) => real.http.open(url, { ...options, timeoutMs: 20_000 }),
  };
  const env = config === undefined ? {} : { DOCKER_CONFIG: config };
  const system = { ...real.system, env, arch: 'amd64' as const };
  const host: Host = { ...real, clock, http, system };
  return { host, waits, said, say: (line: string) => void said.push(line) };
}

async function world(t: ExecutionContext, how?: Misbehaviour) {
  const folder = mkdtempSync(join(tmpdir(), 'bos-oci-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const registry = await serveRegistry(how);
  t.teardown(registry.close);
  const archive = join(folder, 'image.tar');
  writeFileSync(archive, archiveOf(smallImage()));
  return { folder, registry, archive, place: `${registry.name}/team/bos:1` };
}

const push = (one: ReturnType<typeof machine>, archive: string, place: string) =>
  pushImage(one.host, { archive, reference: parseReference(place), plainHttp: false }, { say: one.say });

const pull = (one: ReturnType<typeof machine>, place: string, output: string, more = {}) =>
  pullImage(
    one.host,
    { reference: parseReference(place), output, force: false, plainHttp: false, mirrors: [], ...more },
    { say: one.say },
  );

const writes = (registry: FakeRegistry) => registry.asked.filter((line) => /^(POST|PATCH|PUT) /.test(line));

test('pushed: every blob, then the documents, the one under the tag last; the second time nothing is sent', async (t) => {
  const { registry, archive, place } = await world(t);
  const image = smallImage();
  const one = machine();
  const made = await push(one, archive, place);
  t.is(made.reference, `${place}@${sha256(image.index)}`);
  t.is(made.moved, made.bytes);
  for (const blob of [image.config, ...image.layers])
    t.is(Buffer.compare(registry.blobs.get(sha256(blob)) ?? Buffer.alloc(0), blob), 0);
  const documents = writes(registry).filter((line) => line.includes('/manifests/'));
  t.deepEqual(documents, [
    `PUT /v2/team/bos/manifests/${sha256(image.manifest)}`,
    'PUT /v2/team/bos/manifests/1',
  ]);
  t.is(writes(registry).at(-1), documents[1]);
  t.is((await readOciMedium(one.host, `oci:${place}`, 'url:image')).manifestText, manifestText);
  const before = writes(registry).length;
  t.is((await push(machine(), archive, place)).moved, 0);
  t.is(writes(registry).length, before + 2, 'only documents');
});

const sent = test.macro({
  title: (name) => `pushed: ${name}`,
  exec: async (t, how: Misbehaviour, look?: (registry: FakeRegistry) => boolean) => {
    const { registry, archive, place } = await world(t, how);
    await push(machine(), archive, place);
    for (const blob of smallImage().layers)
      t.is(Buffer.compare(registry.blobs.get(sha256(blob)) ?? Buffer.alloc(0), blob), 0);
    t.true(look === undefined || look(registry));
  },
});

/** Bytes that were sent again: those of ranges that begin at 0 after a cut. */
test(
  'on from where the registry says it has got',
  sent,
  { uploadCutAfter: 130_000, uploadCuts: 3 },
  (registry) => registry.asked.some((line) => line.startsWith('GET /v2/team/bos/blobs/uploads/')),
);
test('once more from the beginning where the registry has forgotten it', sent, {
  uploadCutAfter: 130_000,
  uploadCuts: 2,
  forgetsUploads: true,
});
test('a registry with too much to do', sent, {
  first: (_, __, response, number) => {
    if (number % 4 !== 0) return false;
    response.writeHead(429, { 'retry-after': '3' }).end();
    return true;
  },
});

test('after a cut only what is missing is sent', async (t) => {
  const { registry, archive, place } = await world(t, { uploadCutAfter: 130_000, uploadCuts: 1 });
  const ranges: string[] = [];
  registry.behave({
    ...{ uploadCutAfter: 130_000, uploadCuts: 1 },
    first: (line, { headers }) => {
      if (line.startsWith('PATCH') && headers['content-range']) ranges.push(headers['content-range']);
      return false;
    },
  });
  await push(machine(), archive, place);
  t.is(ranges.length, 1);
  t.regex(ranges[0] ?? '', /^130000-/);
});

test('logged in, by password and by token; the configuration is docker’s', async (t) => {
  for (const by of ['basic', 'token'] as const) {
    const { folder, registry, archive, place } = await world(t, {
      login: { user: 'me', password: 'hush', by },
    });
    const denied = { kind: 'refused', code: 'registry-denied' };
    t.like(await t.throwsAsync(push(machine(), archive, place)), denied);
    const error = await t.throwsAsync(pull(machine(), place, join(folder, 'out.tar')), {
      instanceOf: OpsError,
    });
    t.like(error, denied);
    t.deepEqual(error?.details, ['UNAUTHORIZED: unauthorized here']);
    const auth = Buffer.from('me:hush').toString('base64');
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { [registry.name]: { auth } } }));
    await push(machine(folder), archive, place);
    await pull(machine(folder), place, join(folder, 'out.tar'));
  }
});

test('refused: nothing is pushed to a digest, what is no archive, what lacks a blob', async (t) => {
  const { folder, registry, archive, place } = await world(t);
  const digest = `${registry.name}/team/bos@${sha256(Buffer.from('x'))}`;
  t.like(await t.throwsAsync(push(machine(), archive, digest)), { kind: 'usage', code: 'oci-reference' });
  const bad = join(folder, 'bad.tar');
  for (const bytes of [
    Buffer.from('nothing'),
    readFileSync(archive).subarray(0, 100_000),
    Buffer.alloc(10_240),
  ]) {
    writeFileSync(bad, bytes);
    t.like(await t.throwsAsync(push(machine(), bad, place)), { kind: 'refused', code: 'oci-invalid' });
  }
  t.deepEqual(writes(registry), []);
});

test('refused: an archive whose blob is damaged; the tag stays as it was', async (t) => {
  const { archive, registry, place } = await world(t);
  const bytes = readFileSync(archive);
  const index = bytes.indexOf('modules modules');
  bytes.write('M', index);
  writeFileSync(archive, bytes);
  const error = await t.throwsAsync(push(machine(), archive, place), { instanceOf: OpsError });
  t.like(error, { kind: 'refused', code: 'registry-upload' });
  t.false(registry.documents.has('team/bos:1'));
});

test('pulled: the same image as was pushed, the same bytes each time, a medium as it is', async (t) => {
  const { folder, archive, place, registry } = await world(t);
  await push(machine(), archive, place);
  const [first, second] = [join(folder, 'first.tar'), join(folder, 'second.tar')];
  const one = machine();
  const made = await pull(one, place, first);
  t.is(made.digest, sha256(smallImage().index));
  registry.behave({ cutAfter: 65_536 });
  await pull(machine(), place, second);
  t.is(Buffer.compare(readFileSync(first), readFileSync(second)), 0);
  t.is((await readOciMedium(one.host, `oci-archive:${first}`, 'url:image')).manifestText, manifestText);
  const other = await serveRegistry();
  t.teardown(other.close);
  t.is((await push(machine(), first, `${other.name}/bos:2`)).digest, made.digest);
});

test('refused: a registry that lies about a blob, a file that exists, no space; nothing is left', async (t) => {
  const { folder, archive, place, registry } = await world(t);
  await push(machine(), archive, place);
  const output = join(folder, 'out.tar');
  registry.behave({ otherBytes: true });
  t.like(await t.throwsAsync(pull(machine(), place, output)), { kind: 'refused', code: 'oci-digest' });
  registry.behave({});
  t.like(await t.throwsAsync(pull(machine(), place, archive)), { kind: 'refused', code: 'output-exists' });
  const full = machine();
  const host = { ...full.host, files: { ...full.host.files, freeSpace: async () => 1000 } };
  t.like(await t.throwsAsync(pull({ ...full, host }, place, output)), { code: 'output-full' });
  t.deepEqual(readdirSync(folder), ['image.tar']);
  await pull(machine(), place, archive, { force: true });
});

test('pulled through a mirror that lies: nothing is kept of it', async (t) => {
  const { folder, archive, place } = await world(t);
  await push(machine(), archive, place);
  const mirror = await serveRegistry({ otherBytes: true });
  t.teardown(mirror.close);
  holdImage(mirror, smallImage(), 'team/bos', '1');
  const output = join(folder, 'out.tar');
  t.like(await t.throwsAsync(pull(machine(), place, output, { mirrors: [mirror.name] })), {
    code: 'oci-digest',
  });
  t.deepEqual(readdirSync(folder), ['image.tar']);
});

test('the archive is on the disk before it has its name', async (t) => {
  const { folder, archive, place } = await world(t);
  await push(machine(), archive, place);
  const one = machine();
  const done: string[] = [];
  const files: Host['files'] = {
    ...one.host.files,
    open: async (path, flags) => {
      const file = await one.host.files.open(path, flags);
      return {
        ...file,
        write: (offset, data) => {
          if (done.at(-1) !== 'write') done.push('write');
          return file.write(offset, data);
        },
        sync: () => {
          done.push('sync');
          return file.sync();
        },
      };
    },
    rename: (from, to) => {
      done.push('rename');
      return one.host.files.rename(from, to);
    },
  };
  await pull({ ...one, host: { ...one.host, files } }, place, join(folder, 'out.tar'));
  t.deepEqual(done, ['write', 'sync', 'rename']);
});

test('inspected: a registry and an archive say the same', async (t) => {
  const { archive, place } = await world(t);
  await push(machine(), archive, place);
  const options = { mirrors: [], plainHttp: false };
  const there = await inspectOci(machine().host, place, options);
  const here = await inspectOci(machine().host, `oci-archive:${archive}`, options);
  t.is(there.name, place);
  t.deepEqual({ ...there, name: '' }, { ...here, name: '' });
  t.like(there.images[0], {
    os: 'linux',
    arch: 'amd64',
    digest: sha256(smallImage().manifest),
    versions: null,
  });
  t.is(there.images[0]?.layers.length, 3);
});

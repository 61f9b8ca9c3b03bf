/** New packs: of every kind valid, with what was asked for in them, and written all or not at all. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { parse } from 'yaml';
import { OpsError } from '../../../src/errors.ts';
import { tarHeader } from '../../../src/formats/archives/tar.ts';
import { pngFault } from '../../../src/formats/png.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import type { Files, Host } from '../../../src/host/ports.ts';
import { makePack, writePack } from '../../../src/palette/init/make-pack.ts';
import {
  type Answers,
  type KindName,
  kindNames,
  type PackRequest,
} from '../../../src/palette/init/request.ts';
import { anyText } from '../../any-text.ts';
import { runs } from '../../properties.ts';

const host = linuxHost();

const asked = (kind: KindName, answers: Answers, more: Partial<PackRequest> = {}): PackRequest => ({
  ...{ kind, answers, charts: [], manifests: [], images: [], drain: false },
  ...more,
});

const image = { osName: 'centos', sshUser: 'centos' };
const usual: Readonly<Record<KindName, Answers>> = {
  edge: { uri: 'registry.example.com/bos:1' },
  generic: { image: 'ami-0f4804aff4cf9c5a2', osName: 'rhel', osVersion: '8' },
  aws: {
    name: 'a',
    image: 'ami-071f6fc516c53fca1',
    imageOwner: '421085264799',
    region: 'us-east-1',
    ...image,
  },
  azure: { name: 'b', publisher: 'OpenLogic', offer: 'CentOS', sku: '7.7', ...image },
  vsphere: { name: 'c', image: '/Datacenter/vm/templates/centos', ...image },
  addon: { name: 'd', addonType: 'monitoring' },
};

const folder = (t: ExecutionContext): string => {
  const made = mkdtempSync(join(tmpdir(), 'bos-pack-init-'));
  t.teardown(() => rmSync(made, { recursive: true }));
  return made;
};

/** An archive with one empty file. */
const chart = (path: string): Buffer =>
  gzipSync(Buffer.concat([tarHeader({ path, type: 'File', mode: 0o644, mtime: 0 }), Buffer.alloc(1024)]));

const textOf = (files: ReadonlyMap<string, Uint8Array>, path: string): string =>
  Buffer.from(files.get(path) ?? []).toString('utf8');

for (const kind of kindNames)
  for (const drain of [false, true])
    test(`${kind}${drain ? ' with drain' : ''}: nothing is said of it`, async (t) => {
      const { findings, files } = await makePack(host, asked(kind, usual[kind], { drain }));
      t.deepEqual(
        findings.map(({ message }) => message),
        [],
      );
      t.is(pngFault(files.get('logo.png') ?? new Uint8Array()), undefined);
      const drained = kind === 'edge' || kind === 'generic';
      t.is(parse(textOf(files, 'values.yaml'))?.pack?.drain?.cordon, drain && drained ? true : undefined);
    });

test('an edge pack names its image once, and the content by a macro', async (t) => {
  const { files, folder: name } = await makePack(
    host,
    asked('edge', usual.edge, { images: ['a.example/b:2'] }),
  );
  t.is(name, 'edge-native-byoi-1.0.0');
  t.deepEqual(parse(textOf(files, 'values.yaml')), {
    pack: {
      content: {
        images: [
          { image: '{{.spectro.pack.edge-native-byoi.options.system.uri}}' },
          { image: 'a.example/b:2' },
        ],
      },
    },
    options: { 'system.uri': 'registry.example.com/bos:1' },
  });
  t.true(files.has('presets.yaml'));
  t.true(files.has('schema.yaml'));
});

test('agent mode', async (t) => {
  const { files, findings } = await makePack(host, asked('edge', { uri: 'NA' }));
  t.deepEqual(findings, []);
  t.deepEqual(parse(textOf(files, 'values.yaml')), { pack: null, options: { 'system.uri': 'NA' } });
});

test('an add-on: its files, their images, a section for each', async (t) => {
  const sources = folder(t);
  writeFileSync(join(sources, 'web.yaml'), 'kind: Pod\nspec:\n  containers:\n    - image: nginx:1.27\n');
  writeFileSync(join(sources, 'prometheus-2.3.4.tgz'), chart('prometheus/Chart.yaml'));
  const request = asked('addon', usual.addon, {
    charts: [join(sources, 'prometheus-2.3.4.tgz')],
    manifests: [join(sources, 'web.yaml')],
  });
  const { files, findings } = await makePack(host, request);
  t.deepEqual(findings, []);
  t.like(JSON.parse(textOf(files, 'pack.json')), {
    charts: ['charts/prometheus-2.3.4.tgz'],
    kubeManifests: ['manifests/web.yaml'],
  });
  t.deepEqual(parse(textOf(files, 'values.yaml')), {
    pack: { content: { images: [{ image: 'nginx:1.27' }] } },
    charts: { prometheus: {} },
    manifests: { web: {} },
  });
  const twice = { ...request, manifests: [...request.manifests, ...request.manifests] };
  t.like(await t.throwsAsync(makePack(host, twice)), { kind: 'usage', code: 'pack-files' });
  const missing = { ...request, charts: [join(sources, 'none.tgz')] };
  t.like(await t.throwsAsync(makePack(host, missing)), { kind: 'refused', code: 'pack-source' });
});

const notAChart = test.macro(async (t, bytes: Uint8Array, fault: RegExp) => {
  const path = join(folder(t), 'a-1.tgz');
  writeFileSync(path, bytes);
  const error = await t.throwsAsync(makePack(host, asked('addon', usual.addon, { charts: [path] })));
  t.like(error, { kind: 'usage', code: 'pack-chart' });
  t.regex(error.message, fault);
});
test('a chart that is empty', notAChart, Buffer.alloc(0), /a-1\.tgz is not a packed chart: it is empty$/);
test('a chart that is text', notAChart, Buffer.from('chart'), /: gzip cannot unpack it$/);
test('a chart that is cut off', notAChart, chart('a/Chart.yaml').subarray(0, -9), /: gzip cannot unpack it$/);
test(
  'a chart that gzip packed and tar did not',
  notAChart,
  gzipSync('x'),
  /: the archive ends in the middle/,
);
test(
  'an archive of something else',
  notAChart,
  chart('Chart.yaml'),
  /: it has no folder with a Chart\.yaml$/,
);
test(
  'more than Helm unpacks',
  notAChart,
  gzipSync(Buffer.alloc(105e6)),
  /: it unpacks to more than 104857600 bytes$/,
);

const notAManifest = test.macro(async (t, text: string, ...faults: readonly string[]) => {
  const path = join(folder(t), 'web.yaml');
  writeFileSync(path, text);
  const { findings } = await makePack(host, asked('addon', usual.addon, { manifests: [path] }));
  t.deepEqual(
    findings.map(({ severity, message }) => `${severity}: ${message}`),
    faults,
  );
});
test('a manifest that is empty', notAManifest, '', 'error: is empty; expected manifests in YAML');
test('a manifest that is not text', notAManifest, 'a\0', 'error: is not text; expected manifests in YAML');
const nothing = 'warning: has no object of Kubernetes in it: nothing in it has a kind';
test('a manifest without objects', notAManifest, '# kind of\nhello: world\n', nothing);
for (const text of [
  'a: 1\nkind: Pod\n',
  '- kind: Pod\n',
  '{"kind": "Pod"}',
  '{"a": 1, "kind":"Pod"}',
  '{{ .Values.all }}',
])
  test(`a manifest: ${JSON.stringify(text)}`, notAManifest, text);

test('whatever is answered, the values hold it as text', async (t) => {
  const word = anyText({ minLength: 1, maxLength: 20 }).map((text) => text.trim());
  await fc.assert(
    fc.asyncProperty(word, word, word, async (id, osName, osVersion) => {
      const { files } = await makePack(host, asked('generic', { image: id, osName, osVersion }));
      t.deepEqual(parse(textOf(files, 'values.yaml'), { version: '1.1' }).pack, {
        osImageOverride: id,
        osName,
        osVersion,
      });
    }),
    { numRuns: runs(50) },
  );
});

test('written: every file is on the disk before the pack has its name', async (t) => {
  const parent = folder(t);
  const done: string[] = [];
  const files: Files = {
    ...host.files,
    write: (path, data, options) => {
      done.push(options?.sync === true ? 'write' : `not synced: ${path}`);
      return host.files.write(path, data, options);
    },
    rename: (from, to) => {
      done.push('rename');
      return host.files.rename(from, to);
    },
  };
  const pack = await makePack(host, asked('edge', usual.edge));
  const output = await writePack({ ...host, files } as Host, parent, pack);
  t.deepEqual(done, [...Array.from(pack.files, () => 'write'), 'rename']);
  t.deepEqual(readdirSync(output).toSorted(), [...pack.files.keys()].toSorted());
  for (const [path, bytes] of pack.files) t.is(Buffer.compare(readFileSync(join(output, path)), bytes), 0);
  const error = await t.throwsAsync(writePack(host, parent, pack), { instanceOf: OpsError });
  t.like(error, { kind: 'refused', code: 'output-exists' });
});

test('a full disk: nothing is left', async (t) => {
  const parent = folder(t);
  let count = 0;
  const files: Files = {
    ...host.files,
    write: (path, data, options) => {
      count += 1;
      if (count === 3) return Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }));
      return host.files.write(path, data, options);
    },
  };
  const pack = await makePack(host, asked('edge', usual.edge));
  t.like(await t.throwsAsync(writePack({ ...host, files }, parent, pack)), { code: 'ENOSPC' });
  t.deepEqual(readdirSync(parent), []);
});

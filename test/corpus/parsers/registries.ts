/** What registries say, archives of images and packs, and how images are called. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { openArchivedImage } from '../../../src/build/own/archived.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import { openImage } from '../../../src/media/image.ts';
import { parseChallenge } from '../../../src/oci/challenge.ts';
import { credentialsFor } from '../../../src/oci/credentials.ts';
import { parseConfig, parseIndex, parseManifestDocument } from '../../../src/oci/documents.ts';
import { parseReference, registryNamed } from '../../../src/oci/reference.ts';
import { parsePackRegistry } from '../../../src/palette/registry/pack-reference.ts';
import { readPackArchive } from '../../../src/palette/registry/read-archive.ts';
import { fakeHost } from '../../fakes/host.ts';
import { archiveOf, smallImage, tarOf } from '../../fakes/oci-image.ts';
import { soundPack } from '../../palette/pack-folders.ts';
import { bytes, each, latin1, type Parser, text } from './parser.ts';

const image = () => smallImage();

/** As `docker save` writes it, small. */
const dockerArchive = () =>
  tarOf({
    'manifest.json': JSON.stringify([{ Config: 'c.json', Layers: ['a/layer.tar'], RepoTags: null }]),
    'c.json': '{"architecture":"amd64","os":"linux"}',
    'a/layer.tar': tarOf({ 'etc/a': 'x' }),
  });

const packArchive = () =>
  gzipSync(
    tarOf(Object.fromEntries(Object.entries(soundPack).map(([name, body]) => [`p-1/${name}`, String(body)]))),
  );

const dockerConfig = {
  auths: { 'https://r.example/v1/': { auth: 'YTpi' }, 'q.example': { username: 'a', password: 'b' } },
  credHelpers: { 'h.example': 'pass' },
};

export const registryParsers = {
  'documents of an OCI image': {
    seeds: () => [image().index, image().manifest, image().config],
    parse: (input) =>
      each(
        () => parseIndex(input, 'it'),
        () => parseManifestDocument(input, 'it'),
        () => parseConfig(input, 'it'),
      ),
  },
  'archive of an OCI image': {
    seeds: () => [archiveOf(image()), dockerArchive(), ...bytes('ustar')],
    parse: async (input) => {
      const file = await openImage(fakeHost({ files: { '/it': input } }), '/it', 'it');
      return openArchivedImage(file, 'it');
    },
  },
  // Packed here, as what gzip refuses is not looked at any further.
  'archive of a pack': {
    seeds: () => [gunzipSync(packArchive()), ...bytes('ustar')],
    parse: (input) => {
      const host = fakeHost({ files: { '/it': gzipSync(input, { level: 1 }) } });
      return readPackArchive({ ...host, processes: linuxHost().processes }, '/it', 'it');
    },
  },
  'challenge of a registry': {
    seeds: () =>
      bytes(
        'Bearer realm="https://a.example/token", service="a", scope="repository:b:pull"',
        'Negotiate, Basic realm=x, bearer realm = "a\\"b"',
      ),
    parse: (input) => parseChallenge(latin1(input)),
  },
  'login of docker': {
    seeds: () => bytes(JSON.stringify(dockerConfig)),
    parse: async (input) => {
      const made = fakeHost({ files: { '/.docker/config.json': input } });
      const host = { ...made, system: { ...made.system, env: { DOCKER_CONFIG: '/.docker' } } };
      await each(
        ...['r.example', 'q.example', 'h.example', 'docker.io'].map((one) => () => credentialsFor(host, one)),
      );
    },
  },
  'name of an image': {
    seeds: () =>
      bytes(
        'oci:registry.example.com:5000/a/b-c/d__e:1.2.0',
        `ubuntu@sha256:${'a'.repeat(64)}`,
        '[::1]:5000',
      ),
    parse: (input) =>
      each(
        () => parseReference(text(input)),
        () => registryNamed(text(input)),
        () => parsePackRegistry(text(input)),
      ),
  },
} satisfies Record<string, Parser>;

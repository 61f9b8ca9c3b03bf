/** What images in registries are called, and which registries are asked unencrypted. */
import test from 'ava';
import fc from 'fast-check';
import { OpsError } from '../../src/errors.ts';
import {
  archivePlace,
  baseUrl,
  isOciPlace,
  parseReference,
  renderReference,
} from '../../src/oci/reference.ts';

const digest = `sha256:${'0a'.repeat(32)}`;

test('registry, repository, tag and digest', (t) => {
  const rows: readonly [string, string, string, string | undefined, string | undefined][] = [
    ['oci:registry.example.com/bos', 'registry.example.com', 'bos', 'latest', undefined],
    ['registry.example.com/a/b-c/d_e:v1.2.0', 'registry.example.com', 'a/b-c/d_e', 'v1.2.0', undefined],
    ['oci:127.0.0.1:5000/bos:1', '127.0.0.1:5000', 'bos', '1', undefined],
    ['oci:[::1]:5000/bos:1', '[::1]:5000', 'bos', '1', undefined],
    ['oci:localhost/bos', 'localhost', 'bos', 'latest', undefined],
    [`oci:GHCR.io/x/bos@${digest}`, 'ghcr.io', 'x/bos', undefined, digest],
    [`oci:ghcr.io/x/bos:1.0@${digest}`, 'ghcr.io', 'x/bos', '1.0', digest],
    ['oci:docker.io/debian:12', 'docker.io', 'library/debian', '12', undefined],
  ];
  for (const [text, registry, repository, tag, found] of rows)
    t.deepEqual(parseReference(text), { registry, repository, tag, digest: found }, text);
});

test('what is none says so, as a fault of the command', (t) => {
  for (const text of [
    ...['', 'oci:', 'bos', 'bos:latest', 'x/bos', 'oci:/bos', 'https://r.example/bos', 'oci://r.example/bos'],
    ...[
      'r.example/',
      'r.example/Bos',
      'r.example/a//b',
      'r.example/../b',
      'r.example/bos:',
      'r.example/bos:a/b',
    ],
    ...['r.example/bos:.x', `r.example/bos@${digest}0`, 'r.example/bos@md5:00', `r.example/bos@${digest}@x`],
    ...['user:secret@r.example/bos', 'r.example:port/bos', `r.example/${'a'.repeat(256)}`, 'r.example/bos?x'],
  ]) {
    const error = t.throws(() => parseReference(text), { instanceOf: OpsError }, text);
    t.like(error, { kind: 'usage', code: 'oci-reference' });
  }
});

test('property: what is written out is read as the same', (t) => {
  const part = fc.stringMatching(/^[a-z0-9]{1,5}([._-][a-z0-9]{1,4})?$/);
  const reference = fc.record({
    registry: fc.constantFrom('r.example', 'localhost', '10.0.0.1:5000', '[::1]'),
    repository: fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
    tag: fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,20}$/), { nil: undefined }),
    digest: fc.constantFrom(undefined, digest),
  });
  fc.assert(
    fc.property(reference, (given) => {
      if (given.tag === undefined && given.digest === undefined) return;
      t.deepEqual(parseReference(`oci:${renderReference(given)}`), given);
    }),
  );
});

test('http is for registries of this machine, and for others only when that is wanted', (t) => {
  const url = (registry: string, plainHttp = false) => baseUrl(registry, { plainHttp });
  for (const own of ['localhost', 'localhost:5000', '127.0.0.1', '127.1.2.3:80', '[::1]:5000'])
    t.is(url(own), `http://${own}`);
  for (const other of ['r.example', 'localhost.example', '127.0.0.1.example', '10.0.0.1:5000', '[::2]']) {
    t.is(url(other), `https://${other}`);
    t.is(url(other, true), `http://${other}`);
  }
  t.is(url('docker.io'), 'https://registry-1.docker.io');
});

test('places of images and of archives', (t) => {
  t.true(isOciPlace('oci:r.example/bos'));
  for (const place of ['oci://r.example/bos', 'oci-archive:x.tar', 'https://r.example/', '/oci:x'])
    t.false(isOciPlace(place), place);
  t.is(archivePlace('oci-archive:/a/b.tar'), '/a/b.tar');
  t.is(archivePlace('oci:r.example/bos'), undefined);
});

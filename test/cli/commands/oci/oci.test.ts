/** `opsctl oci push`, `pull` and `inspect` as they are typed: what they say, and the exit code. */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { ociCommand } from '../../../../src/cli/commands/oci/command.ts';
import { linuxHost } from '../../../../src/host/linux/index.ts';
import type { Clock, Host } from '../../../../src/host/ports.ts';
import { mediaTypes } from '../../../../src/oci/documents.ts';
import { certificate } from '../../../fakes/certificate.ts';
import { archiveOf, holdImage, smallImage } from '../../../fakes/oci-image.ts';
import { type FakeRegistry, type Misbehaviour, serveRegistry, sha256 } from '../../../fakes/registry.ts';
import { temporaryFolder } from '../../../formats/support.ts';
import { runProgram } from '../install/fake-world.ts';

const real = linuxHost();
const clock: Clock = { ...real.clock, sleep: async () => {} };
const host: Host = { ...real, clock, system: { ...real.system, env: {}, arch: 'amd64' } };
const oci = async (...argv: readonly string[]) => {
  const ended = await runProgram(['oci', ...argv], { commands: [ociCommand], host });
  return { ...ended, err: ended.err.replaceAll(/\s+/g, ' '), out: ended.out };
};

async function world(t: ExecutionContext, how?: Misbehaviour, registry?: FakeRegistry) {
  const serving = registry ?? (await serveRegistry(how));
  t.teardown(serving.close);
  const folder = temporaryFolder(t);
  const archive = join(folder, 'image.tar');
  writeFileSync(archive, archiveOf(smallImage()));
  return { folder, registry: serving, archive, place: `${serving.name}/bos:1` };
}
const digest = sha256(smallImage().index);

test('pushed, looked at, fetched, looked at again', async (t) => {
  const { archive, place, folder } = await world(t);
  const pushed = await oci('push', archive, place);
  t.is(pushed.exitCode, 0);
  t.true(pushed.out.startsWith(`${place}@${digest} is there: `), pushed.out);
  t.regex(pushed.out, /of it sent now\.\n$/);
  t.regex((await oci('push', archive, place)).out, /it had all of it\.\n$/);
  const seen = await oci('inspect', place);
  t.is(seen.exitCode, 0);
  t.true(seen.out.startsWith(`${place}\n`));
  t.true(seen.out.includes(digest));
  t.regex(seen.out, /Image +linux\/amd64/);
  const output = join(folder, 'out.tar');
  const pulled = await oci('pull', place, '-o', output);
  t.is(pulled.exitCode, 0);
  t.true(pulled.out.startsWith(`${output} holds ${place}@${digest}: `), pulled.out);
  const local = JSON.parse((await oci('inspect', `oci-archive:${output}`, '--json')).out) as object;
  t.deepEqual(JSON.parse((await oci('inspect', output, '--json')).out), local, 'a path as it is');
  const there = JSON.parse((await oci('inspect', place, '--json')).out) as object;
  t.deepEqual({ ...local, name: '' }, { ...there, name: '' });
  t.like(there, { digest });
});

test('into a folder it has the name of the image; what is there is not replaced unasked', async (t) => {
  const { archive, place, folder } = await world(t);
  await oci('push', archive, place);
  t.is((await oci('pull', place, '-o', folder)).exitCode, 0);
  t.true(existsSync(join(folder, 'bos-1.tar')));
  const again = await oci('pull', place, '-o', folder);
  t.is(again.exitCode, 3);
  t.regex(again.err, /bos-1\.tar.*--force/);
  t.is((await oci('pull', place, '-o', folder, '--force')).exitCode, 0);
});

test('events as JSON lines', async (t) => {
  const { archive, place } = await world(t);
  const { out, err, exitCode } = await oci('push', archive, place, '--json');
  t.is(exitCode, 0);
  t.is(err, '');
  const events = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string });
  t.is(events[0]?.type, 'plan');
  t.like(events.at(-1), { type: 'result', ok: true, exitCode: 0 });
});

test('what is typed wrong is told as that; what is not there, as a refusal', async (t) => {
  const { archive, place, registry, folder } = await world(t);
  for (const argv of [
    ['push', archive, 'no registry'],
    ['pull', 'UPPER/Case:1'],
    ['pull', place, '--mirror', 'https://x'],
    ['push', archive],
  ])
    t.is((await oci(...argv)).exitCode, 2, argv.join(' '));
  const missing = await oci('pull', place, '-o', join(folder, 'out.tar'));
  t.is(missing.exitCode, 3);
  t.regex(missing.err, /does not exist/);
  t.is((await oci('push', join(folder, 'none.tar'), place)).exitCode, 3);
  writeFileSync(join(folder, 'text.tar'), 'text');
  t.is((await oci('push', join(folder, 'text.tar'), place)).exitCode, 3);
  registry.behave({ login: { user: 'me', password: 'hush', by: 'token' } });
  const denied = await oci('push', archive, place);
  t.is(denied.exitCode, 3);
  t.regex(denied.err, /refuses access.*docker login/);
  t.deepEqual(readdirSync(folder).toSorted(), ['image.tar', 'text.tar']);
});

test('429: it is left alone for as long as it says, and the person is told', async (t) => {
  let busy = 2;
  const { archive, place } = await world(t, {
    first: (_, __, response) => {
      if (busy === 0) return false;
      busy -= 1;
      response.writeHead(429, { 'retry-after': '7' }).end();
      return true;
    },
  });
  const { exitCode, err } = await oci('push', archive, place);
  t.is(exitCode, 0);
  t.regex(err, /HTTP status 429; trying again in 7 s \(2 of 8\)/);
});

test('429 without end is given up, and nothing is left', async (t) => {
  const { registry, archive, place, folder } = await world(t);
  await oci('push', archive, place);
  registry.behave({ first: (_, __, response) => Boolean(response.writeHead(429).end()) });
  const { exitCode, err } = await oci('pull', place, '-o', join(folder, 'out.tar'));
  t.is(exitCode, 3);
  t.regex(err, /HTTP status 429; gave up after 8 attempts/);
  t.deepEqual(readdirSync(folder), ['image.tar']);
});

test('a tag that moves while it is fetched: the image that it led to at first, as a whole', async (t) => {
  const { registry, archive, place, folder } = await world(t);
  await oci('push', archive, place);
  const other = smallImage({ last: { 'etc/other': 'x' } });
  registry.behave({
    first: (line) => {
      // After the tag was looked up.
      if (line.includes('/blobs/'))
        registry.documents.set('bos:1', { mediaType: mediaTypes.index, bytes: other.index });
      return false;
    },
  });
  const output = join(folder, 'out.tar');
  t.is((await oci('pull', place, '-o', output)).exitCode, 0);
  t.is(registry.documents.get('bos:1')?.bytes, other.index, 'it has moved');
  t.like(JSON.parse((await oci('inspect', `oci-archive:${output}`, '--json')).out), { digest });
});

test('over TLS: an authority of one’s own is trusted when it is named', async (t) => {
  const tls = await certificate(t, '20000101', '20991231');
  const { registry, archive, place, folder } = await world(t, {}, await serveRegistry({}, tls));
  const output = join(folder, 'out.tar');
  holdImage(registry, smallImage(), 'bos', '1');
  for (const argv of [
    ['push', archive, place],
    ['inspect', place],
    ['pull', place, '-o', output],
  ]) {
    const { exitCode, err } = await oci(...argv);
    t.is(exitCode, 3, argv.join(' '));
    t.regex(err, /does not trust who signed the certificate.*--ca-file/);
  }
  t.deepEqual(registry.asked, [], 'nothing was said to it');
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, tls.cert);
  for (const argv of [
    ['push', archive, place],
    ['inspect', place],
    ['pull', place, '-o', output],
  ])
    t.is((await oci(...argv, '--ca-file', caFile)).exitCode, 0, argv.join(' '));
  const none = await oci('inspect', place, '--ca-file', archive);
  t.is(none.exitCode, 2);
  t.regex(none.err, /does not contain a certificate/);
});

test('over TLS: a certificate that has expired is refused at once, whoever signed it', async (t) => {
  const tls = await certificate(t, '20000101', '20010101');
  const { registry, place, folder } = await world(t, {}, await serveRegistry({}, tls));
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, tls.cert);
  const { exitCode, err } = await oci('pull', place, '-o', folder, '--ca-file', caFile);
  t.is(exitCode, 3);
  t.regex(err, /certificate of the server has expired.*was valid until: 2001-01-01T00:00:00Z/);
  t.false(err.includes('trying again'));
  t.deepEqual(registry.asked, []);
});

test('where nobody listens: three times within seconds, for each command', async (t) => {
  const { archive, registry, folder } = await world(t);
  registry.close();
  const place = `${registry.name}/bos:1`;
  const ended = await Promise.all([
    oci('push', archive, place),
    oci('pull', place, '-o', folder),
    oci('inspect', place),
  ]);
  for (const { exitCode, err } of ended) {
    t.is(exitCode, 3);
    t.regex(err, /refuses the connection \(ECONNREFUSED\); trying again in 1 s \(2 of 3\)/);
    t.regex(
      err,
      /error: .*; gave up after 3 attempts hint: Check the port in the URL, and that the server runs\./,
    );
  }
});

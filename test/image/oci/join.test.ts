/** Archives of images for different machines, made one: each machine takes its own. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { ArchitectureName } from '../../../src/architectures.ts';
import { linuxHost } from '../../../src/host/linux/index.ts';
import { inspectOci } from '../../../src/image/oci/inspect.ts';
import { joinImages } from '../../../src/image/oci/join.ts';
import { manifestPath, renderManifest } from '../../../src/media/manifest.ts';
import { readOciMedium } from '../../../src/media/oci/medium.ts';
import { archiveOf, smallImage, systemManifest } from '../../fakes/oci-image.ts';
import { watchingOpen } from '../../fakes/opened.ts';

const real = linuxHost();

function world(t: ExecutionContext) {
  const folder = mkdtempSync(join(tmpdir(), 'bos-join-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const archive = (name: string, arch: ArchitectureName) => {
    const path = join(folder, name);
    const last = { [manifestPath]: renderManifest({ ...systemManifest, arch }) };
    writeFileSync(path, archiveOf(smallImage({ arch, last })));
    return path;
  };
  const output = join(folder, 'bos-oci.tar');
  const watched = watchingOpen(real);
  // However it ends, nothing stays open.
  const joined = async (...archives: string[]) => {
    const joining = joinImages(watched.host, { archives, output, force: false }, {});
    await joining.catch(() => {});
    t.deepEqual(watched.open, []);
    return joining;
  };
  return { folder, archive, output, joined };
}

test('the index names each image, and a machine of each kind reads its own system', async (t) => {
  const { archive, output, joined } = world(t);
  const made = await joined(archive('a.tar', 'amd64'), archive('b.tar', 'arm64'));
  for (const arch of ['amd64', 'arm64'] as const) {
    const found = await readOciMedium(real, `oci-archive:${output}`, 'image', { arch });
    t.is(found.manifest.arch, arch);
    t.is(found.manifestText, renderManifest({ ...systemManifest, arch }));
  }
  await t.throwsAsync(readOciMedium(real, `oci-archive:${output}`, 'image', { arch: 'arm' }), {
    code: 'oci-arch',
  });
  const report = await inspectOci(real, `oci-archive:${output}`, { plainHttp: false, mirrors: [] });
  t.is(report.digest, made.digest);
  t.deepEqual(
    report.images.map(({ arch }) => arch),
    ['amd64', 'arm64'],
  );
});

test('the same archives give the same bytes, and nothing else is left', async (t) => {
  const { folder, archive, output, joined } = world(t);
  const archives = [archive('a.tar', 'amd64'), archive('b.tar', 'arm64')];
  await joined(...archives);
  const first = readFileSync(output);
  await t.throwsAsync(joined(...archives), { code: 'output-exists' });
  await joinImages(real, { archives, output, force: true }, {});
  t.true(first.equals(readFileSync(output)));
  t.deepEqual(readdirSync(folder).sort(), ['a.tar', 'b.tar', 'bos-oci.tar']);
});

test('two for the same machine are refused', async (t) => {
  const { folder, archive, joined } = world(t);
  const path = archive('a.tar', 'arm64');
  await t.throwsAsync(joined(path, path), { code: 'oci-join', message: /two are for the same machine/ });
  t.deepEqual(readdirSync(folder), ['a.tar']);
});

test('a blob that is not what its digest says is refused, and no archive is made', async (t) => {
  const { folder, archive, joined } = world(t);
  const path = archive('a.tar', 'amd64');
  const bytes = readFileSync(path);
  bytes[bytes.indexOf('root root root')] = 'R'.charCodeAt(0);
  writeFileSync(path, bytes);
  await t.throwsAsync(joined(path), { code: 'oci-digest' });
  t.deepEqual(readdirSync(folder), ['a.tar']);
});

test('an archive that is cut off is refused', async (t) => {
  const { folder, archive, joined } = world(t);
  const path = archive('a.tar', 'amd64');
  writeFileSync(path, readFileSync(path).subarray(0, 300_000));
  await t.throwsAsync(joined(path), { code: 'oci-invalid' });
  t.deepEqual(readdirSync(folder), ['a.tar']);
});

/** The same image of a disk, whether the system comes from an ISO, an archive or a registry. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { OpsError } from '../../../src/errors.ts';
import { workstationHost } from '../../../src/host/workstation/index.ts';
import { createImage } from '../../../src/image/create/create.ts';
import { mediumAt } from '../../../src/image/create/medium-at.ts';
import { manifestPath } from '../../../src/media/manifest.ts';
import { archiveOf, holdImage, type SmallImage, smallImage } from '../../fakes/oci-image.ts';
import { serveRegistry } from '../../fakes/registry.ts';
import { temporaryFolder } from '../../formats/support.ts';
import { smallIso } from './small-iso.ts';

const host = workstationHost();

/** An OCI image with the system of an ISO. */
async function ociOf(iso: string): Promise<SmallImage> {
  const { image, medium } = await mediumAt(host, iso, {});
  try {
    const files: Record<string, Uint8Array | string> = { [manifestPath]: medium.manifestText };
    for (const { path, extents } of medium.files) {
      const parts = await Promise.all(extents.map(({ offset, length }) => image.read(offset, length)));
      files[path] = Buffer.concat(parts);
    }
    return smallImage({ last: files });
  } finally {
    await image.close();
  }
}

test('an image from an ISO, an archive and a registry: the same bytes', async (t) => {
  t.timeout(600_000);
  const folder = temporaryFolder(t);
  const iso = smallIso(t);
  const oci = await ociOf(iso);
  const archive = join(folder, 'image.tar');
  writeFileSync(archive, archiveOf(oci));
  const registry = await serveRegistry();
  t.teardown(registry.close);
  holdImage(registry, oci);
  const make = async (from: string, name: string) => {
    const output = join(folder, name);
    const request = { from, output, append: [], allowNoLogin: true, force: false, checksums: false };
    await createImage(host, request, { emit: () => {}, signal: new AbortController().signal });
    return readFileSync(output);
  };
  const expected = await make(iso, 'iso.qcow2');
  t.is(Buffer.compare(await make(`oci-archive:${archive}`, 'archive.qcow2'), expected), 0);
  t.is(Buffer.compare(await make(`oci:${registry.name}/bos`, 'registry.qcow2'), expected), 0);
  const error = await t.throwsAsync(make(`oci:${registry.name}/bos:none`, 'none.qcow2'), {
    instanceOf: OpsError,
  });
  t.like(error, { kind: 'refused', code: 'oci-missing' });
});

/** An installer of 1 GB: what is written does not grow with it, and all the rest is the same byte for byte; parts of bundles. */
import { copyFileSync, openSync, readFileSync, readSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import test from 'ava';
import { edgeCommand } from '../../../../src/cli/commands/edge/command.ts';
import { linuxHost } from '../../../../src/host/linux/index.ts';
import { verifyIso } from '../../../../src/iso/inspect/verify.ts';
import { remaster } from '../../../../src/iso/remaster.ts';
import { bundleChanges, findBundles } from '../../../../src/palette/edge/media/content.ts';
import { runProgram } from '../../../cli/commands/install/fake-world.ts';
import { fileSource, temporaryFolder } from '../../../formats/support.ts';
import { asked, byXorriso } from '../../../iso/edit/edit-support.ts';
import { connected } from '../user-data-texts.ts';
import { installerImage, makeInstaller } from './installer.ts';

for (const method of ['append', 'rebuild'] as const)
  test(`parts on an image are those of the file: ${method}`, async (t) => {
    const host = linuxHost();
    const folder = temporaryFolder(t);
    const iso = makeInstaller(folder);
    const path = join(folder, 'a.zst');
    writeFileSync(path, zstdCompressSync(Buffer.from(host.random.bytes(1_500_000))));
    const [bundle = { name: '', path, size: 0 }] = await findBundles(host.files, [path]);
    const put = bundleChanges(bundle, true, 700_000);
    t.is(put.length, 3);
    await remaster({ host, iso, request: asked({ put, method }) });
    const parts = put.map(({ path: name }) => byXorriso(t, iso, name));
    t.true(Buffer.concat(parts).equals(readFileSync(path)));
  });

test('user-data onto 1 GB', async (t) => {
  const folder = temporaryFolder(t);
  const iso = installerImage(folder, { megabytes: 1000 });
  const old = join(folder, 'old.iso');
  copyFileSync(iso, old);
  const userData = join(folder, 'user-data');
  writeFileSync(userData, connected);
  const { exitCode, out } = await runProgram(['edge', 'iso', iso, '--user-data', userData, '--json'], {
    commands: [edgeCommand],
    host: linuxHost(),
  });
  t.is(exitCode, 0);
  t.true(JSON.parse(out).written < 64 * 1024);
  t.is(byXorriso(t, iso, 'config.yaml').toString(), connected);
  t.is(statSync(iso).size, statSync(old).size);
  t.true(differing(iso, old) <= 32, 'only sectors of folders, descriptors and the file itself');
  t.deepEqual((await verifyIso(await fileSource(t, iso), 'installer.iso')).faults, []);
});

/** Sectors of 2048 bytes that differ. */
function differing(one: string, other: string): number {
  const files = [one, other].map((path) => openSync(path, 'r'));
  const buffers = [Buffer.alloc(2 ** 20), Buffer.alloc(2 ** 20)] as const;
  let count = 0;
  for (let offset = 0; ; offset += 2 ** 20) {
    const [read = 0] = files.map((file, index) =>
      readSync(file, buffers[index] ?? buffers[0], 0, 2 ** 20, offset),
    );
    if (read === 0) return count;
    if (buffers[0].equals(buffers[1])) continue;
    for (let start = 0; start < read; start += 2048)
      if (!buffers[0].subarray(start, start + 2048).equals(buffers[1].subarray(start, start + 2048)))
        count += 1;
  }
}

import { createHash, randomBytes } from 'node:crypto';
import test from 'ava';
import type { ArchitectureName } from '../../../src/architectures.ts';
import { checkIso } from '../../../src/build/stages/check-iso.ts';
import { fromBytes } from '../../../src/formats/bytes.ts';
import { workstationHost } from '../../../src/host/workstation/index.ts';
import { renderManifest } from '../../../src/media/manifest.ts';

const { files, processes } = workstationHost();
const path = 'bos/system/os/1.0.0/rootfs.squashfs';

type Entry = 'bios' | 'efi';

/** A small ISO with some of the boot entries, made by xorriso. */
async function iso(entries: readonly Entry[], arch: ArchitectureName = 'amd64'): Promise<Buffer> {
  const folder = await files.makeTempDir('check-iso-');
  const tree = `${folder}/tree`;
  const content = randomBytes(5000);
  const sha256 = createHash('sha256').update(content).digest('hex');
  await files.makeDir(`${tree}/bos/system/os/1.0.0`);
  await files.write(`${tree}/${path}`, content);
  const manifest = {
    v: 1,
    arch,
    kernel: '6.1.0',
    os: '1.0.0',
    dcp: null,
    files: [{ path, size: 5000, sha256 }],
  } as const;
  await files.write(
    `${tree}/bos/system/manifest.json`,
    renderManifest({ ...manifest, files: [...manifest.files] }),
  );
  await files.write(`${tree}/bios.img`, Buffer.alloc(2048, 1));
  await processes.run('mkfs.fat', ['-C', `${tree}/efi.img`, '1440']);
  const options: Readonly<Record<Entry, readonly string[]>> = {
    bios: ['-b', 'bios.img', '-no-emul-boot', '-boot-load-size', '4'],
    efi: ['-e', 'efi.img', '-no-emul-boot'],
  };
  await processes.run('xorriso', [
    ...['-as', 'mkisofs', '-r', '-V', 'BOS', '-o', `${folder}/x.iso`],
    ...entries.flatMap((entry, index) => [...(index > 0 ? ['-eltorito-alt-boot'] : []), ...options[entry]]),
    tree,
  ]);
  const bytes = await files.read(`${folder}/x.iso`);
  await files.remove(folder);
  return bytes;
}

test('a whole ISO passes; one changed byte of a file does not', async (t) => {
  const bytes = await iso(['bios', 'efi']);
  await t.notThrowsAsync(checkIso(fromBytes(bytes)));
  const changed = Buffer.from(bytes);
  // The file's content is the only random part: flip a byte in each sector until the digest is the complaint.
  const codes = new Set<string>();
  for (let at = 40 * 2048; at < bytes.length; at += 2048) {
    changed.set(bytes);
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    await checkIso(fromBytes(changed)).catch((error) => codes.add(`${error.code}: ${error.message}`));
  }
  t.true(
    [...codes].some((code) => /iso-broken: .*does not match the manifest/.test(code)),
    [...codes].join('\n'),
  );
});

test('an ISO without an entry for UEFI is refused', async (t) => {
  const bytes = await iso(['bios']);
  await t.throwsAsync(checkIso(fromBytes(bytes)), { code: 'iso-broken', message: /no boot entry for UEFI/ });
});

test('each architecture has its firmwares: arm64 has no BIOS, and amd64 has one', async (t) => {
  await t.notThrowsAsync(checkIso(fromBytes(await iso(['efi'], 'arm64'))));
  await t.throwsAsync(checkIso(fromBytes(await iso(['bios'], 'arm64'))), {
    code: 'iso-broken',
    message: /no boot entry for UEFI/,
  });
  await t.throwsAsync(checkIso(fromBytes(await iso(['efi']))), {
    code: 'iso-broken',
    message: /no boot entry for BIOS/,
  });
});

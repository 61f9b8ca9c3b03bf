/**
 * An edge installer into which user-data and content were put boots: GRUB, from a CD and a stick, on BIOS and UEFI, finds
 * the files.
 */
import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { remaster } from '../../../src/iso/remaster.ts';
import { findBundles } from '../../../src/palette/edge/media/content.ts';
import { edgeRequest } from '../../../src/palette/edge/media/edge-request.ts';
import { bootLimit } from '../support/boots.ts';
import type { Fixture, SystemContext, SystemTest } from '../support/machines.ts';
import { makeSmallIso } from '../support/small-boot-iso.ts';

export const issue = 18;

const installer = 'an edge installer with user-data and content';
const file = 'small.iso';

/** Laid out as CanvOS lays them out, with stand-ins for what a kernel would want. */
const layout = { 'rootfs.squashfs': 'system', 'boot/kernel': 'kernel', 'boot/initrd': 'initrd' };

async function makeInstaller(t: SystemContext): Promise<void> {
  const iso = await makeSmallIso(t, { label: 'COS_LIVE', more: layout });
  const bundle = join(t.folder, 'shop.zst');
  await t.host.files.write(bundle, zstdCompressSync(Buffer.alloc(2 ** 20, 'images')));
  const content = await findBundles(t.host.files, [bundle]);
  const userData = Buffer.from('#cloud-config\nstylus: {managementMode: local}\n');
  const options = { split: false, replace: false, force: false };
  const { files } = await remaster({
    ...{ host: t.host, iso },
    request: (image) => edgeRequest(t.host, image, iso, { userData, content }, options),
  });
  assert.deepEqual(
    files.map(({ path }) => path),
    ['config.yaml', 'opt/spectrocloud/content/shop.zst'],
  );
}

export const fixtures: Fixture[] = [{ name: installer, seconds: 1, make: makeInstaller }];

export const tests: SystemTest[] = (['bios', 'uefi'] as const).flatMap((firmware) =>
  (['cd', 'usb'] as const).map(
    (bus): SystemTest => ({
      name: `edge installer with user-data: GRUB from ${bus} on ${firmware}`,
      seconds: firmware === 'bios' ? 2 : 6,
      uses: [installer],
      // In `make test` one of each.
      ...((firmware === 'bios') === (bus === 'cd') ? {} : { soak: true }),
      run: async (t) => {
        const disk = { id: 'medium', file: join(t.fixture(installer), file), bus, readOnly: true };
        const machine = { firmware, memory: 256, disks: [disk], network: null, graphics: false };
        const session = await t.start(machine);
        for (const marker of ['GRUB-MARKER plain', 'GRUB-USER-DATA', 'GRUB-CONTENT', 'GRUB-END'])
          await session.awaitText(marker, bootLimit);
        session.mark('marker');
      },
    }),
  ),
);

/** A kit of `opsctl pxe kit` for arm64: Debian's shim and GRUB by TFTP, then the kernel, with Secure Boot on. */
import { join } from 'node:path';
import { prepareApt } from '../../../src/build/packages/apt.ts';
import { kitLoader, writePxeKit } from '../../../src/iso/pxe/kit.ts';
import { bootLimit, isoOn } from '../support/boots.ts';
import type { SystemContext, SystemTest } from '../support/machines.ts';

export const issue = 17;

const arch = 'arm64';

/** Of the packages that are installed on no build host. */
async function signedLoaders(t: SystemContext): Promise<string[]> {
  const folder = join(t.folder, 'signed');
  await t.host.files.makeDir(folder);
  const apt = await prepareApt(t.host, { arch, folder: join(t.folder, 'apt') });
  await apt.run(['update']);
  await apt.run(['download', 'shim-signed', 'grub-efi-arm64-signed'], { cwd: folder });
  for (const name of await t.host.files.list(folder))
    await t.host.processes.run('dpkg-deb', ['-x', join(folder, name), folder]);
  return [
    `${folder}/usr/lib/shim/shimaa64.efi.signed:shimaa64.efi`,
    `${folder}/usr/lib/grub/arm64-efi-signed/grubnetaa64.efi.signed:grubaa64.efi`,
  ];
}

export const tests: SystemTest[] = [
  {
    name: 'arm64: a PXE kit with signed loaders: shim, GRUB and the kernel by TFTP where Secure Boot is on',
    seconds: 150,
    soak: true,
    run: async (t) => {
      const folder = join(t.folder, 'kit');
      const from = isoOn(t, 'cd', arch).file;
      const loaders = (await signedLoaders(t)).map(kitLoader);
      const kit = await writePxeKit(
        t.host,
        { from, folder, append: ['loglevel=7'], loaders },
        new AbortController().signal,
      );
      // All of the initrd takes minutes by TFTP and is checked by nobody: what says that it has no medium will do.
      const initrd = join(t.folder, 'initrd');
      const kernel = kit.files.find(({ path }) => path === 'bos-vmlinuz-arm64');
      if (kernel === undefined) throw new Error('the kit has no kernel for arm64');
      const version = (
        await t.host.processes.run('xorriso', [
          ...['-indev', from, '-find', '/bos/system/kernel', '-name', 'initrd'],
        ])
      ).stdout.trim();
      await t.host.processes.run('xorriso', [
        ...['-osirrox', 'on', '-indev', from, '-extract', version.replaceAll("'", ''), initrd],
      ]);
      await t.host.files.copy(initrd, join(folder, 'bos-initrd-arm64'));
      const tftp = { folder, bootFile: 'shimaa64.efi', client: 'firmware' } as const;
      const session = await t.start({
        ...{ arch, firmware: 'secureboot' as const, memory: 1024 },
        network: { tftp, isolated: true },
      });
      await session.awaitText('Secure boot enabled', bootLimit);
      await session.awaitText('waiting for the medium', bootLimit);
    },
  },
];

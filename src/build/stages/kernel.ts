/** The kernel: vmlinuz, and kernel.squashfs with its modules and, when given, firmware. */
import type { Host } from '../../host/ports.ts';
import { keepAboutPackages } from '../inventory/copyright.ts';
import { kernelPackage, kernelRelease, lockedPackage, type PackageLock } from '../packages/lock.ts';
import type { Stage } from '../stage.ts';
import { plainMode, walkTree } from '../tree.ts';
import { watchGrowth } from './growth.ts';
import { squashfsOptions } from './squashfs.ts';

/** Folders under kernel/ that a server never needs: sound, cameras and tuners, displays. */
const dropped = [
  'sound',
  'drivers/media',
  'drivers/gpu',
  'drivers/staging',
  'drivers/video',
  'drivers/infiniband',
  'drivers/isdn',
  'drivers/iio',
  'drivers/input/touchscreen',
  'drivers/input/joystick',
  'drivers/input/tablet',
  'drivers/comedi',
];

/** Which channels a radio may use where; the kernel asks for these names (Documentation/networking/regulatory). */
export const regulatory = {
  package: 'wireless-regdb',
  files: ['regulatory.db', 'regulatory.db.p7s'],
} as const;

export interface KernelParts {
  readonly lock: PackageLock;
  /** Firmware files to carry, laid out as under /lib/firmware; with a digest of them. */
  readonly firmware: { readonly folder: string; readonly digest: unknown } | undefined;
  /** Folder of the locked packages. */
  packages(): Promise<string>;
}

/** Bytes of the packed modules, about. */
const packedModules = 55e6;

/**
 * Makes `vmlinuz`, `kernel.squashfs` (at its root: modules/RELEASE and firmware), `tree/modules`, where the initrd takes
 * its modules from, and `about/PACKAGE`.
 */
export function kernelStage(host: Host, { lock, firmware, packages }: KernelParts): Stage<never> {
  const release = kernelRelease(lock);
  const radio = lockedPackage(lock, regulatory.package);
  const pack = ['-all-root', '-noappend', ...squashfsOptions(lock.date)];
  return {
    name: 'kernel',
    title: `Pack the kernel ${release}`,
    inputs: {
      ...{ packages: [kernelPackage(lock), radio], dropped, firmware: firmware?.digest ?? null, pack },
      about: true,
    },
    tools: ['mksquashfs', 'depmod'],
    needs: {},
    make: async ({ folder, percent }) => {
      const { files, processes } = host;
      const raw = `${folder}/raw`;
      const debs = await packages();
      for (const { file } of [kernelPackage(lock), radio])
        await processes.run('dpkg-deb', ['--extract', `${debs}/${file}`, raw]);
      await keepAboutPackages(host, folder, { debs, raw }, [kernelPackage(lock), radio]);
      percent(10);
      for (const path of dropped) await files.remove(`${raw}/lib/modules/${release}/kernel/${path}`);
      // /dev/null: the builder's own depmod.d must not decide which module comes first.
      await processes.run('depmod', ['--config', '/dev/null', '--basedir', raw, release]);
      percent(15);
      await files.rename(`${raw}/boot/vmlinuz-${release}`, `${folder}/vmlinuz`);
      const tree = `${folder}/tree`;
      await files.makeDir(`${tree}/firmware`);
      await files.rename(`${raw}/lib/modules`, `${tree}/modules`);
      // Debian's are signed by the key that its kernel carries.
      for (const name of regulatory.files)
        await files.rename(`${raw}/lib/firmware/${name}-debian`, `${tree}/firmware/${name}`);
      let expected = packedModules;
      if (firmware !== undefined) expected += await copyPlain(host, firmware.folder, `${tree}/firmware`);
      await files.remove(raw);
      for (const path of ['', '/firmware', '/modules']) await files.chmod(`${tree}${path}`, 0o755);
      const image = `${folder}/kernel.squashfs`;
      await watchGrowth(host, { path: image, expected, start: 15 }, percent, () =>
        processes.run('mksquashfs', [tree, image, ...pack]),
      );
      await files.remove(`${tree}/firmware`);
    },
  };
}

/** Copies files and links with modes that do not depend on their owner's habits; returns how many bytes. */
async function copyPlain({ files }: Host, from: string, to: string): Promise<number> {
  let bytes = 0;
  for (const { path, stat } of await walkTree(files, from)) {
    const [source, target] = [`${from}/${path}`, `${to}/${path}`];
    if (stat.type === 'directory') {
      await files.makeDir(target);
      await files.chmod(target, 0o755);
    } else if (stat.type === 'symlink') await files.symlink(await files.readLink(source), target);
    else if (stat.type === 'file') {
      await files.copy(source, target);
      await files.chmod(target, plainMode(stat));
      bytes += stat.size;
    }
  }
  return bytes;
}

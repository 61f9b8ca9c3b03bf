/** The kernel: vmlinuz, and kernel.squashfs with its modules and, when given, firmware. */
import { refused } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import { type AptOptions, debFolder, type PackageLock } from './packages.ts';
import { squashfsOptions } from './rootfs.ts';
import type { Stage } from './stage.ts';

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

/** The release of the kernel package in a lock: `6.1.0-40-amd64`. */
export function kernelRelease(lock: PackageLock): string {
  const entry = kernelPackage(lock);
  return entry.name.replace(/^linux-image-/, '').replace(/-unsigned$/, '');
}

function kernelPackage(lock: PackageLock) {
  const found = lock.packages.find((entry) => /^linux-image-\d/.test(entry.name));
  if (found === undefined)
    throw refused('packages-unavailable', 'the package lock names no kernel (linux-image-…)');
  return found;
}

/**
 * Makes `vmlinuz`, `kernel.squashfs` (at its root: modules/RELEASE and firmware) and `modules/`, the tree that
 * the initrd takes its modules from.
 * @param firmware digest and folder of firmware files to carry, laid out as under /lib/firmware
 */
export function kernelStage(
  host: Host,
  lock: PackageLock,
  apt: AptOptions,
  firmware: { readonly folder: string; readonly digest: string } | undefined,
): Stage {
  const release = kernelRelease(lock);
  return {
    name: 'kernel',
    title: `Pack the kernel ${release}`,
    inputs: { package: kernelPackage(lock), dropped, firmware: firmware?.digest, date: lock.date },
    make: async ({ folder, percent }) => {
      const { files, processes } = host;
      const raw = `${folder}/raw`;
      await processes.run('dpkg-deb', ['--extract', `${debFolder(apt)}/${kernelPackage(lock).file}`, raw]);
      percent(15);
      const modules = `${raw}/lib/modules/${release}`;
      for (const path of dropped) await files.remove(`${modules}/kernel/${path}`);
      await processes.run('depmod', ['--basedir', raw, release]);
      // Text forms are what humans and busybox read; the kernel's tools in the OS use the binary ones.
      percent(25);
      await files.rename(`${raw}/boot/vmlinuz-${release}`, `${folder}/vmlinuz`);
      await files.makeDir(`${folder}/tree`);
      await files.rename(`${raw}/lib/modules`, `${folder}/tree/modules`);
      if (firmware === undefined) await files.makeDir(`${folder}/tree/firmware`);
      else await processes.run('cp', ['-a', firmware.folder, `${folder}/tree/firmware`]);
      await files.remove(raw);
      await processes.run('mksquashfs', [
        ...[`${folder}/tree`, `${folder}/kernel.squashfs`, '-all-root', ...squashfsOptions(lock.date)],
      ]);
    },
  };
}

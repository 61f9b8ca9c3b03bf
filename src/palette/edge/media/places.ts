/**
 * What an edge installer of CanvOS is, and where it takes what from: the targets build-iso and build-uki-iso of
 * spectrocloud/CanvOS' Earthfile (4.5.7 and later), whose `/overlay` becomes the root of the ISO. Files on the ISO:
 * user-data, content, cluster configuration, the custom configuration, boot/grub2/grub.cfg (overlay/files-iso). In
 * rootfs.squashfs, and so out of reach here: overlay/files and local-ui.tar. k8s_version.json is read by the build alone.
 */
import { refused } from '../../../errors.ts';
import type { Image } from '../../../iso/image.ts';

/**
 * Where user-data lie: at the root as of build-uki-iso; build-iso copies them to a folder of the overlay, so that they
 * come to lie one deeper. Kairos takes every YAML of the medium, wherever it lies.
 */
export const userDataPlaces = ['config.yaml', 'files-iso/config.yaml', 'data/config.yaml'] as const;

export const contentFolder = 'opt/spectrocloud/content';
export const clusterConfigPath = 'opt/spectrocloud/clusterconfig/spc.tgz';
/** With underscores on the ISO, and with hyphens where it comes from. */
export const customConfigPath = '.edge_custom_config.yaml';

/** The volume names by which Kairos finds its medium, and what an installer of that kind has. */
const installers: Readonly<Record<string, readonly (readonly string[])[]>> = {
  // Each may have one of several names.
  COS_LIVE: [
    ['rootfs.squashfs'],
    ['boot/kernel', 'boot/kernel.xz'],
    ['boot/initrd'],
    ['boot/grub2/grub.cfg', 'boot/grub/grub.cfg'],
  ],
  // Trusted boot: kernel and system are one signed program in the UEFI boot image.
  UKI_ISO_INSTALL: [],
};

/** Throws `not-edge-installer` (refused) for an image that has another name, or lacks what such an installer has. */
export async function requireInstaller({ iso }: Image, name: string): Promise<void> {
  const wanted = Object.hasOwn(installers, iso.volumeId) ? installers[iso.volumeId] : undefined;
  const missing: string[] = [];
  for (const names of wanted ?? []) {
    const found = await Promise.all(names.map(async (path) => (await iso.stat(path)) !== undefined));
    if (!found.includes(true)) missing.push(`it has no /${names[0]}`);
  }
  if (wanted !== undefined && missing.length === 0) return;
  throw refused('not-edge-installer', `${name} is not an edge installer`, {
    details:
      wanted === undefined
        ? [`its volume is called "${iso.volumeId}" instead of ${Object.keys(installers).join(' or ')}`]
        : missing,
    hint: 'Name an ISO that CanvOS has built, or give --force if it is one that differs.',
  });
}

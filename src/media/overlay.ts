/** What an overlay puts onto a board's root file system beside the system itself. Paths are relative to that root. */

export const overlayFolder = 'bos/system/overlay';

/** Programs and scripts that start the system there, before anything of it is mounted; `unpacked` tells one unpacking from another. */
export const overlayFiles = {
  busybox: `${overlayFolder}/busybox`,
  init: `${overlayFolder}/init`,
  start: `${overlayFolder}/start`,
  e2fsck: `${overlayFolder}/e2fsck`,
  unpacked: `${overlayFolder}/unpacked`,
} as const;

/** Where the new root is mounted while it is put together. */
export const overlayRoot = `${overlayFolder}/root`;

/** What the kernel, or the board's initramfs, starts. */
export const overlayInit = 'sbin/init';
/** What that was before. */
export const oldInit = 'sbin/init.before-bos';

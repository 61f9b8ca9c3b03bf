/**
 * Where a takeover leaves the ssh host keys of the system that was here before, below the file system: a folder of mode
 * 0700. The first boot makes them its own, and removes the folder.
 */
export const carriedHostKeysFolder = 'bos/system/carried-ssh';

/** Private keys of sshd and what belongs to them, as they are called there and in /etc/ssh. */
export const hostKeyName = /^ssh_host_[a-z0-9_]+_key(\.pub)?$/;

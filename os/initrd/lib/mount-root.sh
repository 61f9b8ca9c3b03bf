# The new root: a tmpfs, with /usr and the modules read-only from the images, and what stands in it before anything
# runs there: live, installed, or installed with nothing that lasts. Needs places.sh, messages.sh, command-line.sh,
# state.sh and factory-reset.sh, and what source.sh has found.

EPHEMERAL=''
# Why nothing can be kept although there is a state file system; '' when it can.
UNWRITABLE=''

# Loop devices are read-only: at shutdown the file system below can then be remounted read-only and is clean.
attach() { losetup -r "$1" "$2" && mount -t squashfs -o ro "$1" "$3"; }
mount_images() {
  attach "$DEV/loop0" "$KERNEL_IMAGE" "$RUN/kernel" || rescue "$KERNEL_IMAGE cannot be mounted" 'The file is damaged: write the medium again, or reinstall.'
  attach "$DEV/loop1" "$SOURCE/bos/system/os/$OS/rootfs.squashfs" "$RUN/os" ||
    rescue 'rootfs.squashfs cannot be mounted' 'The file is damaged: write the medium again, or reinstall.'
}
make_root() {
  mount -t tmpfs -o mode=0755 root "$R"
  (cd "$R" && mkdir -p proc sys dev run tmp usr etc var home opt mnt media srv root bos)
  chmod 1777 "$R/tmp"
  chmod 0700 "$R/root"
  for l in bin sbin lib lib64; do ln -s "usr/$l" "$R/$l"; done
  ln -s bos "$R/bhojpur"
  mount --bind "$RUN/os/usr" "$R/usr"
  [ -z "$UNCONFIGURED" ] || make_host_keys
  cp -a "$RUN/os/etc/." "$R/etc"
  mount --bind "$RUN/kernel/modules" "$R/usr/lib/modules"
  mount --bind "$RUN/kernel/firmware" "$R/usr/lib/firmware"
  mount --bind "$SOURCE/bos" "$R/bos" && mount -o remount,bind,ro "$R/bos"
  : > "$R/etc/machine-id"
  : > "$R/etc/fstab"
}

fill_root() {
  if [ "$SOURCE" = "$RUN/state" ]; then fill_installed; else fill_live; fi
  case $MODE in
    live|install) cp "$R/usr/lib/bhojpur/motd-live" "$R/etc/motd" ;;
    *) cp "$R/usr/lib/bhojpur/motd-disk" "$R/etc/motd" ;;
  esac
}
# Nothing persists: live, or because a file on the disk asks for it.
in_memory() {
  cp -a "$R/usr/lib/bhojpur/var-template/." "$R/var/"
  # Somebody's own OS may keep its journal. Here nothing is kept: it has the limit of a journal in memory.
  rm -rf "$R/var/log/journal"
  cp -a "$R/etc/skel" "$R/home/bhojpur" && chown -R 1000:1000 "$R/home/bhojpur" && chmod 0750 "$R/home/bhojpur"
}
fill_live() { # the console needs no password; sshd never takes an empty one
  in_memory
  sed -i 's/^bhojpur:[^:]*:/bhojpur::/' "$R/etc/shadow"
  cat "$R/usr/lib/bhojpur/issue-live" >> "$R/etc/issue"
}
fill_installed() {
  # A live system shows what is on the disks; a node takes nothing that it was not told to.
  for rule in 64-md-raid-assembly 69-lvm; do ln -s /dev/null "$R/etc/udev/rules.d/$rule.rules"; done
  [ -n "$UNWRITABLE" ] || factory_reset
  if [ -n "$UNWRITABLE" ] || [ -e "$RUN/state/bos/system/ephemeral" ]; then
    say "${UNWRITABLE:-ephemeral}: what is written to /home, /var and /opt is lost at the end of this boot"
    EPHEMERAL=true
    # The local configuration is of what lasts, too: the phases must not find it.
    [ ! -d "$RUN/state/bos/data" ] || mount -t tmpfs -o ro,size=4k none "$RUN/state/bos/data"
    in_memory
  else show_var; fi
}

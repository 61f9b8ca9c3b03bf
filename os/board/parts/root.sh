# The new root on a board: as mount-root.sh makes it, with the modules, the firmware and the boot folder of the board.
# Needs places.sh, messages.sh, mount-root.sh, ground.sh and deployment.sh.

show_state() { # the root file system where the initrd shows that of an installation, without what is mounted in it
  mkdir -p "$RUN/state" "$RUN/os" "$RUN/kernel/modules" "$RUN/kernel/firmware"
  mount --bind / "$RUN/state" || give_up "$STATE cannot be shown at $RUN/state"
  for kind in modules firmware; do
    [ ! -d "/lib/$kind" ] || mount --bind "/lib/$kind" "$RUN/kernel/$kind"
  done
  [ -d "/lib/modules/$(uname -r)" ] || say "there are no modules for the running kernel $(uname -r)"
}
mount_squashfs() { # of the version $1
  image=/bos/system/os/$1/rootfs.squashfs
  loop=$(losetup -f) && losetup -r "$loop" "$image" || return
  mount -t squashfs -o ro "$loop" "$RUN/os" 2> "$RUN/mount.log" && return
  losetup -d "$loop"
  return 1
}
mount_system() {
  mount_squashfs "$OS" && say "system found: Bhojpur OS $OS" && return
  [ -z "$TRY" ] || restart_trial "rootfs.squashfs of version $OS cannot be mounted"
  give_up "rootfs.squashfs of version $OS cannot be mounted: it is damaged, or this kernel cannot unpack it"
}

# What the board starts from stays where its own tools look for it.
bring_boot_folder() {
  mkdir -p "$R/boot"
  [ ! -d /boot ] || mount --bind /boot "$R/boot"
  awk '$1 !~ /^#/ && $2 ~ /^\/boot(\/[^ ]*)?$/ {
    print $1, $2, $3, ($4 == "" ? "defaults" : $4) ",nofail,x-systemd.device-timeout=30s", 0, 0
  }' /etc/fstab 2>/dev/null > "$R/etc/fstab"
}
bind_kernel_file_systems() {
  for m in proc sys dev run; do mount --rbind "/$m" "$R/$m"; done
}

# Logical volumes of LVM: only what the menu of an installation names (bos.lv), or "all", as with arrays. Its program
# is in an archive of the installation that needs it, or in the system of a medium. Needs places.sh, devices.sh,
# signatures.sh and arrays.sh.

PHYSICAL_VOLUMES=''
# No udev runs: LVM makes the nodes itself, and looks at the disks alone.
LVM_CONFIG='devices { external_device_info_source="none" obtain_device_list_from_udev=0 use_devicesfile=0 } activation { udev_sync=0 udev_rules=0 } backup { backup=0 archive=0 }'

physical_volumes() {
  for n in $(blocks); do
    case $n in dm-*) ;; *) is_physical_volume "$n" && echo "$n" ;; esac
  done | xargs
}
activate_volume() { # when there is a physical volume that was not there before
  now=$(physical_volumes)
  [ "$now" != "$PHYSICAL_VOLUMES" ] || return 0
  PHYSICAL_VOLUMES=$now
  if [ "$VOLUME" = all ]; then set -- vgchange -ay; else set -- lvchange -ay --select "lv_uuid=$VOLUME"; fi
  lvm "$@" --sysinit --config "$LVM_CONFIG" > "$RUN/lvm.log" 2>&1 || return 0
  # What udev shall make links of later.
  find "$DEV/mapper" -type b -exec rm -f {} +
}
lvm() {
  if [ -x /lvm/lvm ]; then /lvm/loader --library-path /lvm /lvm/lvm "$@"; return; fi
  [ -e "$RUN/medium/bos/system/manifest.json" ] || return 1
  mkdir -p "$RUN/tools"
  # By its version and by the link "current" it is there twice.
  for image in "$RUN"/medium/bos/system/os/*/rootfs.squashfs; do break; done
  mount -t squashfs -o ro,loop "$image" "$RUN/tools" || return 1
  for m in proc sys dev run; do mount --bind "/$m" "$RUN/tools/$m"; done
  chroot "$RUN/tools" /usr/sbin/lvm "$@"
  done=$?
  for m in proc sys dev run; do umount "$RUN/tools/$m"; done
  umount "$RUN/tools"
  return $done
}

# Arrays first: a volume may lie on one.
volumes() {
  [ -z "$ARRAYS" ] || { modprobe -a -q md-mod raid1; assemble; }
  [ -z "$VOLUME" ] || { modprobe -a -q dm-mod; activate_volume; }
}
all_volumes() {
  ARRAYS=all VOLUME=all
  volumes
  while [ -n "$PENDING" ]; do usleep 500000; coldplug; volumes; done
}

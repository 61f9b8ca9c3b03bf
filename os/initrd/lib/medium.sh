# The medium: found by content, a whole disk before its partitions. Needs places.sh,
# messages.sh, devices.sh and signatures.sh.

# The device; '' when the medium is the initramfs itself, as under PXE, and while none was found.
MEDIUM=''

holds_bos() { [ -f "$1/bos/system/manifest.json" ]; }
mounted() { grep -q " $1 " "$AT/proc/mounts"; }
find_medium() {
  if holds_bos /; then MEDIUM='' ; mount --bind / "$RUN/medium"; return; fi
  for pass in label any; do
    for n in $(blocks); do
      is_iso "$n" || continue
      if [ "$pass" = label ]; then [ "$(iso_label "$n")" = BOS ] || continue; fi
      mount -t iso9660 -o ro "$DEV/$n" "$RUN/medium" 2>/dev/null || continue
      if holds_bos "$RUN/medium"; then MEDIUM=$DEV/$n; return 0; fi
      umount "$RUN/medium"
    done
  done
  return 1
}
# A file system in memory that ran full while the kernel unpacked a PXE initrd: files have their sizes, and holes.
refuse_half_unpacked() {
  dmesg | grep -q 'Initramfs unpacking failed' && rescue 'the PXE initrd was not unpacked completely' \
    'Add rootfstype=ramfs to the kernel command line, or give the machine more memory.'
}

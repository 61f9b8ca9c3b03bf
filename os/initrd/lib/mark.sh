# The mark that makes an installation valid: in the boot environment, on the ESP or on the state file system itself.
# Needs places.sh, devices.sh and signatures.sh.

ESP=''
# What the environment says; MARK is also "unreadable", of an ESP that cannot be mounted.
MARK='' MARK_UUID='' MARK_NEXT='' MARK_OS='' MARK_DCP='' MARK_REQUEST=''

find_esp() { # the ESP on the same disk as $STATE, or any one when there is no state; sets ESP
  ESP=''
  for n in $(blocks); do
    [ "$(fat_label "$n")" = BOS_GRUB ] || continue
    [ -n "$STATE" ] && [ "$(disk_of "$n")" != "$(disk_of "${STATE##*/}")" ] && continue
    ESP=$DEV/$n
    return 0
  done
  return 1
}
read_mark() { # the environment block for $STATE, on the ESP or on $STATE; sets ESP, MARK, MARK_UUID and the like
  MARK='' MARK_UUID='' MARK_NEXT=''
  find_esp && read_environment
  [ -n "$STATE" ] || return 0
  mark_is_of "$(ext4_uuid "${STATE##*/}")" && return
  read_own_environment "$STATE" || return 0
}
read_environment() { # the environment block on $ESP
  MARK='' MARK_UUID='' MARK_NEXT=''
  mkdir -p "$RUN/esp"
  mount -t vfat -o ro "$ESP" "$RUN/esp" || { MARK=unreadable; return 1; }
  parse_environment "$RUN/esp/EFI/debian/grubenv"
  umount "$RUN/esp"
}
# The one on the state file system $1 itself, of an installation onto partitions that were there. A block that
# belongs to another file system, or none, leaves what is known as it is.
read_own_environment() {
  mount -t ext4 -o ro,noload "$1" "$RUN/state" 2>/dev/null || return 1
  own=$RUN/state/bos/system/grub/grubenv
  if [ "$(environment_value "$own" bos_state_uuid)" = "$(ext4_uuid "${1##*/}")" ]; then
    parse_environment "$own"
    umount "$RUN/state"
    return 0
  fi
  umount "$RUN/state"
  return 1
}
# The file system with the UUID $1; of a copied image, the one that it is about to have counts, too.
mark_is_of() {
  [ -n "$1" ] && { [ "$1" = "$MARK_UUID" ] || [ "$1" = "$MARK_NEXT" ]; }
}
environment_value() { sed -n "s/^$2=//p" "$1" 2>/dev/null; }
parse_environment() {
  MARK=$(environment_value "$1" bos_mark)
  MARK_UUID=$(environment_value "$1" bos_state_uuid)
  MARK_NEXT=$(environment_value "$1" bos_next_state_uuid)
  MARK_OS=$(environment_value "$1" bos_os)
  MARK_DCP=$(environment_value "$1" bos_dcp)
  MARK_REQUEST=$(environment_value "$1" bos_request)
}

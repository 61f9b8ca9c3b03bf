# What is on the disks, in one word. Nothing is written to them. Needs places.sh, devices.sh, signatures.sh,
# manifest.sh, state.sh and mark.sh.

VERDICT=none
# Why it is damaged.
WHY=''

is_complete() { # every file of the manifest below $1 exists with its size; sets WHY
  manifest=$1/bos/system/manifest.json
  WHY='its manifest is missing'
  [ -f "$manifest" ] || return 1
  # The brace that closes the whole stands on a line of its own.
  WHY='its manifest is cut short'
  [ "$(tail -n 1 "$manifest")" = '}' ] || return 1
  listed_files "$manifest" > "$RUN/files"
  WHY='its manifest is empty'
  [ -s "$RUN/files" ] || return 1
  while read -r path size; do
    WHY="$path is missing or has a wrong size"
    [ "$(stat -L -c %s "$1/$path" 2>/dev/null)" = "$size" ] || return 1
  done < "$RUN/files"
}
damaged() { WHY=$1 VERDICT=damaged; }

# Sets VERDICT: none, unfinished, valid or damaged, with the reason in WHY.
judge_disks() {
  WHY=''
  find_state || true
  if [ "$SEEN" -gt 1 ]; then damaged "$SEEN partitions are labelled BOS_STATE"; return; fi
  read_mark || true
  if [ -z "$STATE" ]; then
    case $MARK in
      unreadable) damaged "$ESP cannot be read" ;;
      # What is being filled holds somebody's files.
      valid | filling) damaged "$ESP belongs to an installation whose BOS_STATE partition is not to be seen" ;;
      *) VERDICT=none ;;
    esac
    return
  fi
  if [ "$MARK" = installing ]; then VERDICT=unfinished; return; fi
  # What lies beside the system there is somebody's: never a disk to take without asking.
  if [ "$MARK" = filling ]; then damaged "an installation to $STATE was not finished"; return; fi
  if ! mount -t ext4 -o ro,noload "$STATE" "$RUN/state" 2>/dev/null; then damaged "$STATE cannot be mounted"; return; fi
  if [ "$MARK" = valid ]; then
    if ! mark_is_of "$(ext4_uuid "${STATE##*/}")"; then damaged 'its boot partition belongs to another disk'
    elif is_complete "$RUN/state"; then VERDICT=valid WHY=''
    else VERDICT=damaged; fi
  elif [ "$MARK" = unreadable ]; then damaged "$ESP cannot be read"
  elif [ -e "$RUN/state/bos/system/manifest.json" ]; then damaged 'it has Bhojpur OS on it but no valid mark'
  else VERDICT=none; fi
  umount "$RUN/state"
}

# What the installer keeps of a request by the medium's own file ends with a dot and the id of that file.
is_of_request() { case $MARK_REQUEST in "$1" | *."$1") ;; *) return 1 ;; esac; }

# What became of the unattended request with the id $1, which a medium or a server that never changes asks for again and
# again. Sets VERDICT: none, valid (with STATE) or damaged, with the reason in WHY.
judge_request() {
  VERDICT=none WHY='' found=''
  for n in $(blocks); do
    if [ "$(fat_label "$n")" = BOS_GRUB ]; then ESP=$DEV/$n; read_environment || continue
    elif is_ext4 "$n" && [ "$(ext4_label "$n")" = BOS_STATE ]; then read_own_environment "$DEV/$n" || continue
    else continue; fi
    [ "$MARK" = valid ] || continue
    is_of_request "$1" || continue
    if [ -n "$found" ]; then damaged 'it is on several disks'; return; fi
    found=$DEV/$n wanted=$MARK_UUID
  done
  [ -n "$found" ] || return
  VERDICT=damaged asked=$STATE_UUID STATE_UUID=$wanted
  find_state
  STATE_UUID=$asked
  if [ -z "$STATE" ]; then WHY="the file system $wanted that $found belongs to is not to be seen"; return; fi
  if [ "$SEEN" -gt 1 ]; then WHY="$SEEN partitions have the UUID $wanted"; return; fi
  if ! mount -t ext4 -o ro,noload "$STATE" "$RUN/state" 2>/dev/null; then WHY="$STATE cannot be mounted"; return; fi
  if is_complete "$RUN/state"; then VERDICT=valid WHY=''; fi
  umount "$RUN/state"
}

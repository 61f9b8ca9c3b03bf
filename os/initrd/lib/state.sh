# The file systems that last: BOS_STATE, and the one that holds /var alone, when there is one. They are checked, and
# mounted read-only. Needs places.sh, messages.sh, devices.sh and signatures.sh.

STATE='' SEEN=0
# Of the file system for /var; '' when /var lies on BOS_STATE.
VAR='' VAR_UUID=''

find_state() { # by UUID when one is asked for, else by label; sets STATE, and SEEN, how many match
  STATE='' SEEN=0
  for n in $(blocks); do
    is_ext4 "$n" || continue
    if [ -n "$STATE_UUID" ]; then
      [ "$(ext4_uuid "$n")" = "$STATE_UUID" ] || continue
    else
      [ "$(ext4_label "$n")" = BOS_STATE ] || continue
    fi
    STATE=$DEV/$n
    SEEN=$((SEEN + 1))
  done
  [ -n "$STATE" ]
}
mount_state() {
  patiently "checking the file system on $STATE" /sbin/e2fsck -p "$STATE" > "$RUN/fsck.log" 2>&1
  code=$?
  [ "$code" -ge 4 ] && rescue "the file system on $STATE is damaged (e2fsck says $code)" \
    "Nothing was changed. 'e2fsck -f $STATE' repairs it; $RUN/fsck.log has the details."
  mount -t ext4 -o ro "$STATE" "$RUN/state" ||
    rescue "$STATE cannot be mounted" "Nothing was changed. Check the disk, then 'reboot -f'."
}

find_var() { # by UUID; sets VAR
  VAR=''
  for n in $(blocks); do
    is_ext4 "$n" && [ "$(ext4_uuid "$n")" = "$VAR_UUID" ] && VAR=$DEV/$n
  done
  [ -n "$VAR" ]
}
mount_var() { # when BOS_STATE names one
  VAR_UUID=$(cat "$RUN/state/bos/system/var" 2>/dev/null)
  [ -n "$VAR_UUID" ] || return 0
  what="the partition for /var (UUID $VAR_UUID)"
  wait_for find_var "$what" || rescue "$what was not found within $LIMIT s" \
    "Nothing was changed. Is its disk connected? Disks seen: $(blocks | xargs)"
  patiently "checking the file system on $VAR" /sbin/e2fsck -p "$VAR" > "$RUN/fsck-var.log" 2>&1
  code=$?
  [ "$code" -ge 4 ] && rescue "the file system for /var on $VAR is damaged (e2fsck says $code)" \
    "Nothing was changed. 'e2fsck -f $VAR' repairs it; $RUN/fsck-var.log has the details."
  mkdir -p "$RUN/var"
  mount -t ext4 -o ro "$VAR" "$RUN/var" ||
    rescue "$VAR cannot be mounted" "Nothing was changed. Check the disk, then 'reboot -f'."
}
show_var() { # whoever looks for it beside the rest finds it there; before the first boot it is empty
  [ ! -d "$RUN/var/bos/data/var" ] || mount --bind "$RUN/var/bos/data/var" "$RUN/state/bos/data/var"
}

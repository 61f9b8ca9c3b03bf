# Removes what lasts, when a file asks for it: /home, /var and /opt, and with them the identity and the local
# configuration. That file goes last, so what was interrupted goes on at the next boot. What is marked as not to be
# changed needs a program that busybox has not: that of the system in the new root, which is read-only. Needs
# places.sh, messages.sh and state.sh.

factory_reset() {
  [ -e "$RUN/state/bos/system/factory-reset" ] || return 0
  say 'factory reset: removing /home, /var and /opt'
  mount -o remount,rw "$RUN/state" || reset_failed "$STATE cannot be written to"
  set -- "$RUN/state"
  if [ -n "$VAR_UUID" ]; then
    mount -o remount,rw "$RUN/var" || reset_failed "$VAR cannot be written to"
    set -- "$@" "$RUN/var"
  fi
  for top in "$@"; do
    patiently 'factory reset' remove_data "$top" || reset_failed "$top/bos/data cannot be removed"
  done
  mkdir -p "$RUN/state/bos/data/var"
  sync
  rm -f "$RUN/state/bos/system/factory-reset" || reset_failed 'the file that asks for it cannot be removed'
  sync
  [ -z "$VAR_UUID" ] || mount -o remount,ro "$RUN/var"
  mount -o remount,ro "$RUN/state"
  say 'factory reset: done'
}
remove_data() { # of the file system at $1
  rm -rf "$1/bos/data" 2>/dev/null && [ ! -e "$1/bos/data" ] && return
  mount --bind "$1" "$R/mnt" && chroot "$R" chattr -R -f -i -a /mnt/bos/data
  umount "$R/mnt"
  rm -rf "$1/bos/data" && [ ! -e "$1/bos/data" ]
}
reset_failed() {
  rescue "the factory reset could not be finished: $1" \
    "It goes on at the next boot. To leave it: mount -o remount,rw $RUN/state; rm $RUN/state/bos/system/factory-reset"
}

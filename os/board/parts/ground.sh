# The ground that a board gives: its kernel, its root file system, programs of our own to begin with. Needs places.sh,
# messages.sh and command-line.sh.

# The board's own root file system: its device, its kind, and 1 when nothing can be written to it.
ROOT_TYPE='' READ_ONLY=''

# Whether something is mounted at $1, before there are other programs than $BOX.
is_mounted() { "$BOX" grep -q " $1 " /proc/mounts 2>/dev/null; }
# Programs in memory, from which nothing keeps the old root in use: this script goes on with them.
stand_on_own_programs() { # again: it does
  is_mounted /proc || "$BOX" mount -t proc -o nosuid,nodev,noexec proc /proc
  is_mounted /sys || "$BOX" mount -t sysfs -o nosuid,nodev,noexec sys /sys
  is_mounted /dev || "$BOX" mount -t devtmpfs -o nosuid,mode=0755 dev /dev
  is_mounted /run || "$BOX" mount -t tmpfs -o nosuid,nodev,mode=0755 run /run
  # That of an initramfs may forbid programs.
  "$BOX" mount -o remount,nosuid,nodev,exec /run
  "$BOX" mkdir -p /run/initramfs/bin "$RUN"
  if [ "$1" != again ]; then
    "$BOX" cp "$BOX" /run/initramfs/bin/busybox || exit 1
    exec /run/initramfs/bin/busybox sh "$0" again
  fi
  export PATH=/run/initramfs/bin
  /run/initramfs/bin/busybox --install -s /run/initramfs/bin
  umask 022
  # A systemd in the initramfs of the board shares its mounts, and a root that is shared cannot be exchanged.
  mount --make-rprivate /
  mkdir -p /dev/pts
  is_mounted /dev/pts || mount -t devpts -o nosuid,noexec,gid=5,mode=0620 pts /dev/pts 2>/dev/null
}

# The end of every way that leads nowhere, in the place of the rescue shell: PID 1 starts the old init.
rescue() { # what happened
  give_up "$1"
}
give_up() { # why
  # The next try, or the version before it.
  [ -z "$TRY" ] || restart_trial "$1"
  say "Bhojpur OS is not started: $1"
  say 'starting the init that was here before'
  # Where people look in the old system.
  echo "<4>bos: Bhojpur OS is not started: $1" > "$DEV/kmsg"
  undo_mounts
  rm -f /run/initramfs/shutdown
  exit 1
}
# The old init finds what it knows: nothing of ours is mounted.
undo_mounts() {
  cd /
  ! is_mounted "$R" || umount -l "$R"
  for m in os/proc os/dev os state kernel/modules kernel/firmware; do
    ! is_mounted "$RUN/$m" || umount -l "$RUN/$m"
  done
}

# It is the one value that bos.init can take (src/config/keys/keys.ts).
is_old_wanted() { kernel_arguments "$PROC/cmdline" | grep -qx 'bos\.init=old'; }

# Drivers of the board, by its own names for them; what busybox cannot unpack its own modprobe can.
load() {
  modprobe -q "$1" 2>/dev/null && return
  for program in /sbin/modprobe /usr/sbin/modprobe; do
    [ -x "$program" ] && "$program" -q "$1" 2>/dev/null && return
  done
}
knows() { grep -qw "$1" "$PROC/filesystems"; }
require_file_systems() {
  load loop
  for kind in squashfs tmpfs; do
    knows "$kind" || load "$kind"
    knows "$kind" || give_up "the kernel of this board ($(uname -r)) has no $kind"
  done
  [ -e "$DEV/loop-control" ] || [ -e "$DEV/loop0" ] || give_up "the kernel of this board ($(uname -r)) has no loop devices"
}

# The last mount of / is the one that shows.
root_mount() { awk '$5 == "/" { line = $0 } END { print line }' "$PROC/self/mountinfo"; }
find_root_device() { # sets STATE and ROOT_TYPE
  number=$(root_mount | cut -d' ' -f3)
  rest=$(root_mount | sed 's/^.* - //')
  ROOT_TYPE=${rest%% *}
  name=$(sed -n 's/^DEVNAME=//p' "$SYS/dev/block/$number/uevent" 2>/dev/null)
  if [ -n "$name" ]; then STATE=$DEV/$name
  else
    STATE=$(echo "$rest" | cut -d' ' -f2)
    # Without a device, as over NFS, it has the name of what it is.
    [ -b "$STATE" ] || STATE=$ROOT_TYPE
  fi
}
# Of the mount, or of the file system.
is_read_only() {
  case ,$(root_mount | cut -d' ' -f6),$(root_mount | sed 's/^.* - [^ ]* [^ ]* //'), in *,ro,*) ;; *) false ;; esac
}
# As the old system would before it writes, where its initramfs has not.
check_root() {
  is_read_only && [ -b "$STATE" ] && [ "$ROOT_TYPE" = ext4 ] && [ ! -e /run/initramfs/fsck-root ] || return 0
  # What is write-protected cannot be repaired.
  [ "$(cat "$SYS/class/block/${STATE##*/}/ro" 2>/dev/null)" != 1 ] || return 0
  patiently "checking the file system on $STATE" /bos/system/overlay/e2fsck -p "$STATE" > "$RUN/fsck.log" 2>&1
  code=$?
  # e2fsck(8): 4 stands for errors that are left, 2 for a restart that is needed; from 8 on it has not looked.
  if [ $((code & 4)) = 4 ]; then
    READ_ONLY="the file system on $STATE is damaged (e2fsck says $code)"
  elif [ "$code" -ge 8 ]; then
    say "the file system on $STATE was not checked (e2fsck says $code)"
  elif [ $((code & 2)) = 2 ]; then
    say "the file system on $STATE was repaired: restarting"
    sync
    reboot -f
  fi
}
make_writable() {
  [ -n "$READ_ONLY" ] || ! is_read_only || mount -o remount,rw / 2>/dev/null
  [ -n "$READ_ONLY" ] || { ! is_read_only && [ -w /bos/system ]; } || READ_ONLY="$STATE cannot be written to"
  UNWRITABLE=$READ_ONLY
}

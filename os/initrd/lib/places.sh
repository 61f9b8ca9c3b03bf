# Where things are. Tests put folders of their own here. All of it is set whatever was there before: an argument of the
# command line that the kernel does not know reaches PID 1 as a variable of its environment.

DEV=/dev
SYS=/sys
PROC=/proc
RUN=/run/bos
# The new root, while it is put together and after.
R=/newroot
# Where /proc, /sys, /dev and /run are: '' until they are moved to the new root.
AT=''

mount_kernel_file_systems() {
  mount -t proc -o nosuid,nodev,noexec proc /proc
  mount -t sysfs -o nosuid,nodev,noexec sys /sys
  mount -t devtmpfs -o nosuid,mode=0755 dev /dev
  mkdir -p /dev/pts
  mount -t devpts -o nosuid,noexec,gid=5,mode=0620 pts /dev/pts 2>/dev/null
  mount -t tmpfs -o nosuid,nodev,mode=0755 run /run
  mkdir -p "$RUN"
}
move_to_new_root() {
  for m in proc sys dev run; do mount --move "/$m" "$R/$m"; done
  AT=$R DEV=$R/dev RUN=$R/run/bos
}

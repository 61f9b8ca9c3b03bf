# The devices of this machine: their drivers, their names, and waiting for one. Needs places.sh; wait_for also
# messages.sh and volumes.sh.

ALIASES=''

# What no device asks for by its name, or too late. The file system of an installation, with its checksums and code pages,
# is loaded ahead where one may be booted; else by whoever mounts one.
load_first_modules() {
  set -- loop squashfs isofs usb-storage sr_mod sd_mod
  [ "$MODE$STATE_UUID$FALLBACK" = live ] || set -- "$@" crc32c_generic crc32c-intel ext4 vfat nls_cp437 nls_ascii
  modprobe -a -q "$@" 2>/dev/null
}
# Loads what the devices ask for; again while new devices keep coming. By their buses, and what has none by its class: to
# look for the files in all of $SYS/devices takes ten times as long, and this is asked several times in each boot.
coldplug() {
  new=$(cat "$SYS"/bus/*/devices/*/modalias "$SYS"/devices/system/cpu/modalias "$SYS"/class/dmi/id/modalias \
    "$SYS"/class/input/*/modalias 2>/dev/null | sort -u)
  [ "$new" = "$ALIASES" ] && return
  ALIASES=$new
  echo "$new" | xargs modprobe -a -b -q 2>/dev/null
}

# Both at once, on two processors. The kernel loads what both ask for once, and each waits for it.
load_drivers() {
  load_first_modules &
  coldplug
  wait $!
}

blocks() { # block devices with something in them, by name
  for b in "$SYS"/class/block/*; do
    n=${b##*/}
    case $n in loop*|ram*|zram*|fd*) continue ;; esac
    [ "$(cat "$b/size" 2>/dev/null)" -gt 0 ] 2>/dev/null && echo "$n"
  done
}
disk_of() { # the disk that the partition $1 is on
  d=$(readlink -f "$SYS/class/block/$1/..")
  d=${d##*/}
  if [ -e "$SYS/class/block/$d" ]; then echo "$d"; else echo "$1"; fi
}
has_partitions() {
  for p in "$SYS/class/block/$1/$1"*; do [ ! -e "$p" ] || return 0; done
  return 1
}
sectors_of() { cat "$SYS/class/block/$1/size"; }
uptime_s() { cut -d. -f1 /proc/uptime; }

# By the clock: where a drive is slow to answer, looking takes the time.
wait_for() { # a function, in words
  say "looking for $2"
  since=$(uptime_s) told=0
  while :; do
    coldplug
    volumes
    "$1" && return 0
    waited=$(($(uptime_s) - since))
    # Seconds of the clock: the first one has begun already.
    [ "$LIMIT" = 0 ] || [ "$waited" -gt "$LIMIT" ] && return 1
    if [ $((waited / 5)) -gt $((told / 5)) ]; then
      told=$waited
      say "waiting for $2: $waited s of at most $LIMIT s"
    fi
    usleep 250000
  done
}

# A disk to install to, and then until none has come for a second: they come one after the other.
any_disk() {
  for n in $(blocks); do [ "/dev/$(disk_of "$n")" = "$MEDIUM" ] || return 0; done
  return 1
}
await_disks() {
  wait_for any_disk 'a disk' || return
  calm=0 seen=''
  while [ "$calm" -lt 4 ]; do
    coldplug
    now=$(blocks)
    if [ "$now" = "$seen" ]; then calm=$((calm + 1)); else calm=0 seen=$now; fi
    usleep 250000
  done
}

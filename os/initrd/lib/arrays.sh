# Arrays of md: only what the menu of an installation names (bos.md), so that those of others stay as they are; "all"
# when a boot from a medium has to know what is on the disks, as the live system would a moment later. Needs places.sh,
# messages.sh, devices.sh and signatures.sh.

PENDING=''

# The md super block (Linux, include/uapi/linux/raid/md_p.h) of a member, little-endian, with the magic a92b4efc: of
# format 1.2 at 4096, 1.1 at 0, 1.0 in the last 8 to 12 KiB, 0.90 in the last 64 to 128 KiB. Sets RAID_FORMAT, RAID_UUID
# and RAID_WHOLE, how many members are active by its own word.
raid_member() {
  sectors=$(sectors_of "$1")
  # What stands at the end of a disk may be of its last partition.
  has_partitions "$1" && return 1
  for place in 1.2:4096 1.1:0 "1.0:$((((sectors - 16) & ~7) * 512))" "0.90:$(((sectors / 128 - 1) * 65536))"; do
    RAID_FORMAT=${place%%:*} start=${place#*:}
    [ "$start" -ge 0 ] || continue
    [ "$(hex_at "$1" "$start" 4)" = fc4e2ba9 ] || continue
    if [ "$RAID_FORMAT" = 0.90 ]; then
      # Words 5, 13, 14 and 15, from 0: the UUID; 34: active disks.
      words=$(dd if="$DEV/$1" bs=4 skip=$((start / 4)) count=35 2>/dev/null | od -An -v -tx4 | xargs)
      RAID_UUID=$(echo "$words" | cut -d' ' -f6,14-16 | tr -d ' ' | with_dashes)
      RAID_WHOLE=$((0x$(echo "$words" | cut -d' ' -f35)))
    else
      # super_offset, in sectors, is where it should be.
      [ "$(number_at "$1" $((start + 144)) 8)" = $((start / 512)) ] || continue
      RAID_UUID=$(hex_at "$1" $((start + 16)) 16 | with_dashes)
      # dev_roles: two bytes each, max_dev of them; from fffd on they are no active member.
      count=$(number_at "$1" $((start + 220)) 4)
      RAID_WHOLE=$(dd if="$DEV/$1" bs=2 skip=$(((start + 256) / 2)) count="$count" 2>/dev/null | od -An -v -tu2 |
        tr -s ' ' '\n' | awk '$1 != "" && $1 < 65533 { active++ } END { print active + 0 }')
    fi
    return 0
  done
  return 1
}
is_asked_for() { [ "$ARRAYS" = all ] || case ,$ARRAYS, in *,"$1",*) true ;; *) false ;; esac; }

# Found members, one on each line: UUID, format, how many are active, device.
list_members() {
  for n in $(blocks); do
    case $n in md*) continue ;; esac
    raid_member "$n" && is_asked_for "$RAID_UUID" && echo "$RAID_UUID $RAID_FORMAT $RAID_WHOLE $n"
  done > "$RUN/members"
}
found_arrays() { cut -d' ' -f1 "$RUN/members" | sort -u; }
column_of() { grep "^$1 " "$RUN/members" | cut -d' ' -f"$2"; }

# Starts what is whole, and after ten seconds with no new member also what is not: a mirror that has lost a disk has to
# boot. The kernel compares the members itself and leaves those out that are behind.
assemble() {
  PENDING=''
  list_members
  for uuid in $(found_arrays); do
    grep -q "^$uuid " "$RUN/arrays" 2>/dev/null && continue
    whole=$(column_of "$uuid" 3 | sort -n | tail -n 1)
    have=$(grep -c "^$uuid " "$RUN/members")
    if [ "$have" -lt "$whole" ]; then
      if [ "$have" != "$(cat "$RUN/have-$uuid" 2>/dev/null)" ]; then
        echo "$have" > "$RUN/have-$uuid"
        uptime_s > "$RUN/since-$uuid"
        say "array $uuid: $have of $whole members are here; waiting up to 10 s for the others"
      fi
      [ $(($(uptime_s) - $(cat "$RUN/since-$uuid"))) -ge 10 ] || { PENDING=1; continue; }
      say "array $uuid: $have of $whole members are here; starting it without the others"
    fi
    start_array "$uuid" || say "array $uuid cannot be started"
  done
}
free_array_name() {
  free=127
  while [ -e "$SYS/class/block/md$free" ]; do free=$((free - 1)); done
  echo "md$free"
}
# As Documentation/admin-guide/md.rst says: read-auto writes nothing before something else is written.
start_array() { # every array is tried once
  name=$(free_array_name)
  echo "$1 $name" >> "$RUN/arrays"
  echo "$name" > "$SYS/module/md_mod/parameters/new_array" || return 1
  md=$SYS/class/block/$name/md
  column_of "$1" 2 | head -n 1 > "$md/metadata_version" || return 1
  for member in $(column_of "$1" 4); do
    cat "$SYS/class/block/$member/dev" > "$md/new_dev" || say "array $1: member $member was refused"
  done 2>/dev/null
  echo read-auto > "$md/array_state" 2>/dev/null && return
  echo clear > "$md/array_state" 2>/dev/null
  return 1
}

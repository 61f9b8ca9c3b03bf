# Where the system comes from: a medium, an installation, or a file system that is named. It is found, checked and
# mounted, and its versions are chosen. Needs the files above it in init.

# The folder with bos/ in it; the versions of the deployment; the running kernel, and its modules.
SOURCE='' OS='' DCP='' VERSION='' KERNEL_IMAGE=''

names_in() {
  for path in "$1"/*; do [ ! -e "$path" ] || echo "${path##*/}"; done | xargs
}
find_source() {
  # What the disks looked at say of versions is not for a system that comes from the medium.
  STATE='' VAR_UUID='' MARK_OS='' MARK_DCP=''
  case $MODE in
    disk) find_installation ;;
    local) find_named ;;
    *) find_on_medium ;;
  esac
}
find_installation() {
  if [ -n "$STATE_UUID" ]; then what="the state partition (UUID $STATE_UUID)"; else what='a partition labelled BOS_STATE'; fi
  wait_for find_state "$what" || rescue "$what was not found within $LIMIT s" \
    "Is the disk connected? Disks seen: $(blocks | xargs)"
  [ "$SEEN" -gt 1 ] && rescue "$SEEN partitions match $what" "Disconnect all but one, or name one with bos.state=UUID."
  read_mark
  [ -n "$STATE_UUID" ] || [ "$MARK" = valid ] || rescue "$STATE is labelled BOS_STATE but does not have a valid installation" \
    'Install again, or boot with bos.mode=live to look at it.'
  say "installation found: $STATE"
  mount_state
  mount_var
  SOURCE=$RUN/state
}
find_root() { case $ROOT in UUID=*) find_state ;; *) [ -b "$ROOT" ] && STATE=$ROOT ;; esac; }
find_named() { # by root=
  [ -n "$ROOT" ] || rescue 'bos.mode=local needs root=UUID=… or root=/dev/…' ''
  case $ROOT in
    UUID=*) STATE_UUID=${ROOT#UUID=} ;;
    /dev/*) ;;
    *) rescue "root=$ROOT is not a known form" 'Use: root=UUID=… or root=/dev/…' ;;
  esac
  wait_for find_root "$ROOT" || rescue "$ROOT was not found within $LIMIT s" ''
  say "file system found: $STATE"
  mount_state
  mount_var
  SOURCE=$RUN/state
}
find_on_medium() {
  await_medium
  say "medium found: ${MEDIUM:-in memory, loaded with the kernel}"
  SOURCE=$RUN/medium
  is_complete "$SOURCE" || rescue "the medium is damaged: $WHY" 'Write it again.'
}

# What the boot loader names, else what the mark names, else what the links call current.
current() {
  l=$(readlink "$SOURCE/bos/system/$1/current" 2>/dev/null)
  echo "${l##*/}"
}
choose_deployment() {
  OS=${WANT_OS:-${MARK_OS:-$(current os)}}
  DCP=${WANT_DCP:-${MARK_DCP:-$(current dcp)}}
  [ -f "$SOURCE/bos/system/os/$OS/rootfs.squashfs" ] || rescue "rootfs.squashfs of version '$OS' is not on ${STATE:-the medium}" \
    "Versions there: $(names_in "$SOURCE/bos/system/os")"
}
choose_kernel_image() { # modules must match the running kernel: an ISO or PXE that boots a disk's system brings its own
  VERSION=$(uname -r)
  # Another build of the same kernel has a folder of its own: its name goes on with a + (src/upgrade/source/placed-files.ts).
  case $WANT_KERNEL in
    "$VERSION"+*) [ ! -f "$SOURCE/bos/system/kernel/$WANT_KERNEL/kernel.squashfs" ] || VERSION=$WANT_KERNEL ;;
  esac
  KERNEL_IMAGE=$SOURCE/bos/system/kernel/$VERSION/kernel.squashfs
  if [ ! -f "$KERNEL_IMAGE" ] && [ "$SOURCE" = "$RUN/state" ]; then
    mounted "$RUN/medium" || find_medium
    KERNEL_IMAGE=$RUN/medium/bos/system/kernel/$VERSION/kernel.squashfs
    [ -f "$KERNEL_IMAGE" ] && say "modules for $VERSION come from the medium"
  fi
  [ -f "$KERNEL_IMAGE" ] || rescue "no modules for the running kernel $VERSION were found" \
    "Kernels there: $(names_in "$SOURCE/bos/system/kernel")"
}

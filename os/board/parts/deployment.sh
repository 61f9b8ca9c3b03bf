# Which version starts, and the count of its tries. On a board no menu of a boot loader does that: what does is known
# before any of the system is needed, and the kernel is the same. The boot environment is that of an installation on an
# existing partition; opsctl makes it in the first boot. Needs places.sh, messages.sh, mark.sh, manifest.sh and
# ground.sh.

ENVIRONMENT=/bos/system/grub/grubenv
# Which unpacking of the tarball the environment belongs to.
UNPACKED=/bos/system/overlay/unpacked

# The folder with bos/ in it; the versions of the deployment.
SOURCE='' OS='' DCP='' VERSION=''
# What it falls back to within this start; '' for none.
OTHER_OS=''

current_link() {
  link=$(readlink "/bos/system/$1/current" 2>/dev/null)
  echo "${link##*/}"
}
begin_deployment() { # sets OS, DCP, VERSION, TRY
  SOURCE=$RUN/state VERSION=board TRY=''
  OS=$(current_link os) DCP=$(current_link dcp)
  # A tarball that was unpacked since has the last word.
  if [ -f "$ENVIRONMENT" ] && [ "$(environment_value "$ENVIRONMENT" bos_unpacked)" = "$(cat "$UNPACKED" 2>/dev/null)" ]; then
    parse_environment "$ENVIRONMENT"
    OS=$MARK_OS DCP=$MARK_DCP
    count_try
  fi
  is_whole "$OS" && return
  why=$WHY
  if [ -n "$OTHER_OS" ] && is_whole "$OTHER_OS"; then
    say "version $OS cannot be started: $why; starting $OTHER_OS"
    start_previous
    TRY=''
    return
  fi
  give_up "version '$OS' cannot be started: $why"
}
start_previous() {
  OS=$(environment_value "$ENVIRONMENT" bos_previous_os) DCP=$(environment_value "$ENVIRONMENT" bos_previous_dcp)
}
# As grub/trial.cfg does: a letter for what starts is taken off, and what is not on the disk then does not count.
count_try() {
  tries=$(environment_value "$ENVIRONMENT" bos_tries)
  OTHER_OS=$(environment_value "$ENVIRONMENT" bos_previous_os)
  case $tries in
    '') return ;;
    [cp]*)
      letter=${tries%"${tries#?}"}
      if [ -n "$READ_ONLY" ] || ! set_tries "${tries#?}"; then
        say "this start cannot be counted: $READ_ONLY; starting the version before"
        letter='' tries=p
      fi ;;
    # Every try is used up. A shell is for a person, and at a board there is none.
    *) letter='' ;;
  esac
  TRY=$letter
  case $tries in p* | r*) [ -z "$OTHER_OS" ] || start_previous ;; esac
}
# The text $1 in place of the letters, by one write into the block as it lies.
set_tries() {
  { grep -v '^#' "$ENVIRONMENT" | sed "s/^bos_tries=.*/bos_tries=$1/" > "$RUN/variables"; } 2>/dev/null
  { printf '# GRUB Environment Block\n'; cat "$RUN/variables"; head -c 1024 /dev/zero | tr '\000' '#'; } |
    head -c 1024 > "$RUN/grubenv"
  dd if="$RUN/grubenv" of="$ENVIRONMENT" bs=1024 count=1 conv=notrunc,fsync 2>/dev/null &&
    [ "$(environment_value "$ENVIRONMENT" bos_tries)" = "$1" ]
}

# Every file of the manifest of that version, and of the DCP that goes with it, with its size; sets WHY.
is_whole() { # the version $1
  WHY='there is none'
  [ -n "$1" ] || return 1
  manifest=/bos/system/manifest.json
  WHY='its manifest is missing or cut short'
  [ "$(tail -n 1 "$manifest" 2>/dev/null)" = '}' ] || return 1
  WHY='the manifest does not list it'
  listed_files "$manifest" | grep -q "^bos/system/os/$1/rootfs.squashfs " || return 1
  listed_files "$manifest" > "$RUN/files"
  while read -r path size; do
    case $path in "bos/system/os/$1/"*|"bos/system/dcp/$DCP/"*) ;; *) continue ;; esac
    WHY="/$path is missing or has a wrong size"
    [ "$(stat -L -c %s "/$path" 2>/dev/null)" = "$size" ] || return 1
  done < "$RUN/files"
}

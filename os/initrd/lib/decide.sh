# What to boot: by the command line, and by what is on the disks where that leaves it open. Sets MODE to live, install,
# disk or local, and STATE_UUID. Needs messages.sh, command-line.sh, medium.sh and verdict.sh with all that it
# needs.

choose_mode() {
  case $MODE in
    # From a disk's own menu the tools come from that disk; from a medium's, from there.
    rescue|shell) REQUESTED_RESCUE=1; if [ -n "$STATE_UUID" ]; then MODE=disk; else MODE=live; fi ;;
    live|install|disk|local) ;;
    '') if [ -n "$STATE_UUID" ]; then MODE=disk; else MODE=live; fi ;;
    *) rescue "bos.mode=$MODE is not a mode" "Use: live, install, disk, local, rescue." ;;
  esac
}

# bos.fallback_mode: a valid installation is started; a damaged one, never installed over.
decide_by_disks() {
  case $FALLBACK in install|live|rescue) ;; *) rescue "bos.fallback_mode=$FALLBACK is not a mode" "Use: install, live, rescue." ;; esac
  # Wait for the medium first: the disks of the same controllers are there by then.
  wait_for find_medium 'the medium' || rescue 'no medium was found' 'bos.fallback_mode needs one to install from.'
  coldplug; usleep 500000; coldplug
  all_volumes
  judge_disks
  say "disks: $VERDICT${WHY:+ ($WHY)}"
  case $VERDICT in
    valid) MODE=disk; STATE_UUID=$(ext4_uuid "${STATE##*/}") ;;
    damaged) RESCUE_REASON="a damaged installation was found: $WHY" MODE=live ;;
    *) if [ "$FALLBACK" = rescue ]; then REQUESTED_RESCUE=1 MODE=live; else MODE=$FALLBACK; fi ;;
  esac
}

# An unattended installation: what this very request has installed is started, as the next boot asks for the same again.
is_repeated() { [ "$MODE" = install ] && [ -n "$SILENT" ] && [ -z "$ALWAYS$FALLBACK" ]; }
decide_by_request() { # with the id $1
  await_medium
  await_disks
  all_volumes
  judge_request "$1"
  case $VERDICT in
    valid) say "already installed by this request: starting $STATE (bos.install.always installs again)"
           MODE=disk STATE_UUID=$(ext4_uuid "${STATE##*/}") ;;
    damaged) RESCUE_REASON="the installation made by this request is damaged: $WHY" MODE=live ;;
  esac
}
# It may be the medium's own file that asks for nothing, when the command line leaves that open.
is_left_to_file() { [ "$MODE" = install ] && [ -z "$SILENT$ASKING$ALWAYS$FALLBACK" ]; }
decide_by_file() { # beside arguments with the id $1
  await_medium
  file=$RUN/medium/bos/system/config.yaml
  # Without that word it is not the file: nobody waits for disks.
  grep -q silent "$file" 2>/dev/null || return 0
  decide_by_request "$(file_request_id "$1" "$file")"
}
await_medium() { mounted "$RUN/medium" || wait_for find_medium 'the medium' || no_medium; }
no_medium() { rescue "no medium with Bhojpur OS was found within $LIMIT s" "Disks seen: $(blocks | xargs)"; }

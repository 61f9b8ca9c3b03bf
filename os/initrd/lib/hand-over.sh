# The last steps: what was booted is written down for opsctl, which applies the first two phases of the configuration
# in the new root, and systemd takes over. Needs places.sh, messages.sh and medium.sh, and what the others have found.

# Set when nothing is configured that opsctl would have to apply before the services run (unconfigured.sh).
UNCONFIGURED=''

in_json() { printf '%s' "$1" | sed 's/[\\"]/\\&/g'; }
record_boot() { # as the mode $1
  cat > "$RUN/boot.json" <<J
{"v":1,"mode":"$1","medium":"$MEDIUM","mediumRoot":"$(mounted "$RUN/medium" && echo "$RUN/medium")","state":"$STATE","esp":"$([ -z "$STATE" ] || echo "$ESP")","kernel":"$VERSION","os":"$(in_json "$OS")","dcp":"$(in_json "$DCP")","request":"$REQUEST","try":"$TRY","ephemeral":${EPHEMERAL:-false}}
J
  # That of another deployment may be what the links on the disk call current: after a return by itself, for one.
  rm -f "$RUN/dcp"
  [ -z "$DCP" ] || ln -s "/bos/system/dcp/$DCP" "$RUN/dcp"
}

# A failure of a key is reported and never stops the boot. Two things do: a system whose persistent folders are not
# there must not come up with empty ones in their place, and one whose phases did not end has no identity, nobody who
# may log in and no word on what DCP is to be. The exit code tells neither: a process that was killed, that ran out of
# memory or that met a bug has one, too.
phases_ended() { grep -q '"boot":{' "$RUN/config-status.json" 2>/dev/null; }
lacks_folder() { # sets WHY to the first folder that lasts and is not mounted
  [ -n "$STATE" ] && [ "$EPHEMERAL" != true ] || return 1
  for WHY in /var /home /opt; do mounted "$R$WHY" || return 0; done
  return 1
}
# What starts opsctl in the root $1. A medium may boot the system of a disk, which can be older than what starts quickest.
find_opsctl() { # sets OPSCTL
  for OPSCTL in opsctl-phases opsctl-start opsctl; do
    OPSCTL=/usr/lib/bhojpur/$OPSCTL.cjs
    [ ! -e "$1$OPSCTL" ] || return 0
  done
}
# Node.js is slow the first time: its pages are unpacked one by one. On another processor, while the root is put together,
# that costs nothing; on one alone it would only come earlier.
read_ahead() {
  [ -e "$SYS/devices/system/cpu/cpu1" ] || return 0
  {
    chroot "$RUN/os" /usr/lib/bhojpur/node -e 0
    cat "$RUN"/os/usr/lib/bhojpur/opsctl*
  } < "$DEV/null" > /dev/null 2>&1 &
}
apply_phases() {
  if [ -n "$UNCONFIGURED" ] && draw_identity && record_unconfigured; then
    say 'nothing is configured; starting the services'
    return
  fi
  [ -z "$UNCONFIGURED" ] || await_host_keys
  say 'applying the configuration'
  find_opsctl "$R"
  patiently 'applying the configuration' \
    chroot "$R" /usr/lib/bhojpur/node "$OPSCTL" config --initrd --boot > "$RUN/config.out" 2>&1
  code=$?
  # Warnings, of unknown keys say, are worth showing too. A process that was killed says nothing itself.
  [ "$code" = 0 ] || say "the configuration was not fully applied (exit code $code):"
  [ ! -s "$RUN/config.out" ] || show_file "$RUN/config.out"
  ! lacks_folder || rescue "the persistent folders of $STATE could not be mounted: $WHY is missing" \
    "Nothing was changed. /run/bos/config.out and /run/bos/fsck.log have the details."
  if phases_ended; then
    [ "$code" != 0 ] || say 'configuration applied; starting the services'
    return
  fi
  WHY="the configuration was not applied: opsctl ended early (exit code $code)"
  [ -z "$STATE" ] || rescue "$WHY" \
    "/run/bos/config.out has the details. The files of the configuration are in bos/system and bos/data/var/lib/bhojpur below /run/bos/state."
  # A live system has nothing to lose and a console without password; but what DCP is to be is not known.
  echo "DCP is not started: $WHY" > "$RUN/dcp-hold"
  say "$WHY; DCP is not started"
}
# systemd changes into it at the end of a shutdown: only from outside of the root can what it lies on be unmounted.
keep_for_shutdown() {
  mkdir -p "$R/run/initramfs/bin"
  cp /bin/busybox "$R/run/initramfs/bin/busybox" &&
    cp "$R/usr/lib/bhojpur/shutdown" "$R/run/initramfs/shutdown"
}
# switch_root would delete the initramfs, which under PXE is the medium: move the root by hand, free the rest.
start_systemd() {
  cd / && rm -rf lib sbin init
  cd "$R" || exit 1
  mount --move . /
  exec /bin/busybox chroot . /usr/lib/systemd/systemd
}

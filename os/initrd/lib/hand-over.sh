# The last steps: what was booted is written down for opsctl, which applies the first two phases of the configuration
# in the new root, and systemd takes over. Needs places.sh, messages.sh and medium.sh, and what the others have found.

in_json() { printf '%s' "$1" | sed 's/[\\"]/\\&/g'; }
record_boot() { # as the mode $1
  cat > "$RUN/boot.json" <<J
{"v":1,"mode":"$1","medium":"$MEDIUM","mediumRoot":"$(mounted "$RUN/medium" && echo "$RUN/medium")","state":"$STATE","kernel":"$VERSION","os":"$(in_json "$OS")","dcp":"$(in_json "$DCP")","request":"$REQUEST","ephemeral":${EPHEMERAL:-false}}
J
}

# A failure there is reported and never stops the boot, but for one: a system whose persistent folders are not there
# must not come up with empty ones in their place.
apply_phases() {
  chroot "$R" /usr/lib/bhojpur/node /usr/lib/bhojpur/opsctl.cjs config --initrd --boot > "$RUN/config.out" 2>&1
  code=$?
  # Warnings, of unknown keys say, are worth showing too. A process that was killed says nothing itself.
  [ "$code" = 0 ] || say "the configuration was not fully applied (exit code $code):"
  [ ! -s "$RUN/config.out" ] || show_file "$RUN/config.out"
  case $MODE:$code in disk:3|local:3) rescue "the persistent folders of ${STATE:-this system} could not be mounted" \
    "Nothing was changed. /run/bos/config.out and /run/bos/fsck.log have the details." ;; esac
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

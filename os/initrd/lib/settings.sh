# The configuration of a disk image, which lies on its EFI system partition until the first boot that finds it there:
# opsctl moves it to the state file system (src/runtime/boot/move-settings.ts). Needs places.sh, messages.sh and mark.sh.

holds_settings() { # the file $1, whose room is filled up with bytes of all ones
  [ "$(head -c 1 "$1" 2>/dev/null | tr '\377' 0 | tr -c 0 1)" = 1 ]
}
take_settings() { # of the installation on $STATE
  find_esp || return 0
  mkdir -p "$RUN/esp"
  mount -t vfat -o ro "$ESP" "$RUN/esp" || return 0
  ( umask 077
    for file in CONFIG.YML CONFIG.OLD; do
      holds_settings "$RUN/esp/EFI/BOS/$file" || continue
      mkdir -p "$RUN/settings"
      # One that was moved, and whose copy is still to be erased, does not count again.
      [ $file = CONFIG.OLD ] || tr -d '\377' < "$RUN/esp/EFI/BOS/$file" > "$RUN/settings/config.yaml"
    done )
  umount "$RUN/esp"
}

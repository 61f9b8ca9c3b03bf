# A system from a medium that nobody has configured: what the first two phases would do is the same each time, but for
# who the machine is. That is drawn here, and Node.js starts when the services run, for the third phase, which applies
# all that was not applied before. Whatever could be configuration, and whatever is not known here, leaves it to opsctl. Needs
# places.sh, messages.sh, command-line.sh and source.sh.

# Arguments that say nothing of the configuration (src/config/command-line/command-line.ts).
is_usual_line() { # of the file $1
  # What a quote or a backslash makes of it is opsctl's to tell.
  ! grep -q "[\"'\\\\]" "$1" || return 1
  while IFS= read -r argument; do
    case $argument in
      ''|quiet|splash|nomodeset|rootfstype=ramfs|bos.mode=live|bos.mode=install) ;;
      BOOT_IMAGE=*|initrd=*|console=*|loglevel=*|panic=*) ;;
      *) return 1 ;;
    esac
  done <<ARGUMENTS
$(kernel_arguments "$1")
ARGUMENTS
}
# Only what every medium has: nothing for the installed system, no keys of a host that was taken over, no DCP.
is_usual_medium() {
  for path in "$SOURCE"/bos/*; do
    [ "${path##*/}" = system ] || return 1
  done
  for path in "$SOURCE"/bos/system/*; do
    case ${path##*/} in kernel|os|manifest.json) ;; *) return 1 ;; esac
  done
}
# Files for it may lie on partitions beside the medium (src/runtime/seed/own-volumes.ts).
may_have_seed() { # of the device $1, '' for none
  [ -n "$1" ] || return 1
  device=$SYS/class/block/${1##*/}
  for path in "$device/partition" "$device"/*/partition "$device"/slaves/*; do
    [ ! -e "$path" ] || return 0
  done
  return 1
}
# Somebody's own OS may bring a local configuration or an identity, and name servers.
is_usual_image() {
  of_image=$RUN/os/usr/lib/bhojpur/var-template/lib/bhojpur
  for path in "$of_image"/* "$of_image"/os/* "$of_image"/os/config.d/.* "$of_image"/os/config.d/*; do
    case ${path#"$of_image"/} in os|os/config.yaml|os/config.d|*/.|*/..|*'/*'|'*') ;; *) return 1 ;; esac
  done
  ! grep -qv '^#' "$of_image/os/config.yaml" 2>/dev/null &&
    ! grep -q FallbackNameservers "$RUN/os/etc/connman/main.conf" 2>/dev/null && [ -x "$RUN/os/usr/bin/ssh-keygen" ]
}
is_unconfigured() {
  case $MODE in live|install) ;; *) return 1 ;; esac
  [ -z "$STATE$DCP$TRY$FALLBACK" ] && is_usual_line "$PROC/cmdline" && is_usual_medium && ! may_have_seed "$MEDIUM" &&
    is_usual_image
}

# The text of standard input as the file $2 with the mode $1, which it has from the beginning.
put() { (umask 077 && rm -f "$2" && cat > "$2") && chmod "$1" "$2"; }
# As src/runtime/boot/identity.ts does it: what is kept, and what is used. Fails where any of it does.
draw_identity() {
  kept=/var/lib/bhojpur
  mkdir -p "$R$kept" "$R/etc/ssh" "$R/etc/bhojpur" && mkdir -m 0700 "$R$kept/ssh" "$R$kept/node" || return 1
  # The second processor makes them meanwhile.
  makers=''
  for type in ed25519 ecdsa; do
    chroot "$R" /usr/bin/ssh-keygen -q -t $type -N '' -C '' -f "$kept/ssh/ssh_host_${type}_key" < "$DEV/null" &
    makers="$makers $!"
  done
  tr -d - < "$AT/proc/sys/kernel/random/uuid" | put 0444 "$R$kept/machine-id" &&
    put 0444 "$R/etc/machine-id" < "$R$kept/machine-id" || return 1
  name=bhojpur-$(cut -c 1-8 "$AT/proc/sys/kernel/random/uuid")
  echo "$name" | put 0644 "$R$kept/hostname"
  { grep -v -e '^127\.0\.1\.1[[:space:]]' -e '^$' "$R/etc/hosts"; echo "127.0.1.1 $name"; } > "$RUN/hosts"
  put 0644 "$R/etc/hosts" < "$RUN/hosts" && rm "$RUN/hosts" &&
    printf %s "$name" > "$AT/proc/sys/kernel/hostname" && echo "$name" | put 0644 "$R/etc/hostname" &&
    ln -s "$kept/node" "$R/etc/bhojpur/node" || return 1
  for maker in $makers; do wait "$maker"; done
  for type in ed25519 ecdsa; do
    file=ssh_host_${type}_key
    [ -s "$R$kept/ssh/$file" ] || return 1
    # An empty comment has a space before it.
    sed -i 's/ $//' "$R$kept/ssh/$file.pub"
    put 0600 "$R/etc/ssh/$file" < "$R$kept/ssh/$file" && put 0644 "$R/etc/ssh/$file.pub" < "$R$kept/ssh/$file.pub" || return 1
  done
}
# What the phases leave beside it, for the third one and for `opsctl status`.
record_unconfigured() {
  at=$(date -u +%Y-%m-%dT%H:%M:%S.000Z)
  mkdir -m 0700 "$RUN/seed"
  cat "$R/etc/connman/main.conf" > "$RUN/connman-main.conf"
  mkdir -p "$R/var/log/bos"
  for part in machine-id 'host keys' hostname 'DCP node'; do
    echo "{\"v\":1,\"at\":\"$at\",\"level\":\"info\",\"phase\":\"identity\",\"key\":\"$part\",\"message\":\"applied\"}"
  done >> "$R/var/log/bos/config.log"
  phase="\"at\":\"$at\",\"durationMs\":0"
  echo "{\"v\":1,\"phases\":{\"initrd\":{$phase,\"applied\":0,\"failed\":0,\"faults\":[]},\"boot\":{$phase,\"applied\":4,\"failed\":0,\"faults\":[]}}}" |
    put 0644 "$RUN/config-status.json"
}

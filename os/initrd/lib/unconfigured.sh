# A system from a medium that nobody has configured: what the first two phases would do is the same each time, but for
# who the machine is. That is drawn here, and Node.js starts when the services run, for the third phase, which applies
# all that was not applied before. Whatever could be configuration, and whatever is not known here, leaves it to opsctl.
# Every program that is started takes its time, so the shell does what it can by itself. Needs places.sh.

# Arguments that say nothing of the configuration (src/config/command-line/command-line.ts).
is_usual_line() { # of the file $1
  line='' more=''
  { IFS= read -r line; IFS= read -r more; } < "$1"
  # What a quote or a backslash makes of it is opsctl's to tell, and so is what the kernel takes for a gap between words.
  case $line$more in *[\"\'\\*?[]*|*[![:print:]]*) return 1 ;; esac
  for argument in $line $more; do
    case $argument in
      quiet|splash|nomodeset|rootfstype=ramfs|bos.mode=live|bos.mode=install) ;;
      BOOT_IMAGE=*|initrd=*|console=*|loglevel=*|panic=*) ;;
      *) return 1 ;;
    esac
  done
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
may_have_seed() { # the device $1, '' for none
  [ -n "$1" ] || return 1
  device=$SYS/class/block/${1##*/}
  for path in "$device/partition" "$device"/*/partition "$device"/slaves/*; do
    [ ! -e "$path" ] || return 0
  done
  return 1
}
says_something() { # the YAML file $1
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in [!#]*) return 0 ;; esac
  done < "$1"
  return 1
}
names_servers() { # the main.conf $1 of connman
  while IFS= read -r line || [ -n "$line" ]; do
    case $line in *FallbackNameservers*) return 0 ;; esac
  done < "$1"
  return 1
}
# Somebody's own OS may bring a local configuration or an identity, and name servers.
is_usual_image() {
  of_image=$RUN/os/usr/lib/bhojpur/var-template/lib/bhojpur
  for path in "$of_image"/* "$of_image"/os/* "$of_image"/os/config.d/.* "$of_image"/os/config.d/*; do
    case ${path#"$of_image"/} in os|os/config.yaml|os/config.d|*/.|*/..|*'/*'|'*') ;; *) return 1 ;; esac
  done
  [ -f "$of_image/os/config.yaml" ] && ! says_something "$of_image/os/config.yaml" &&
    [ -f "$RUN/os/etc/connman/main.conf" ] && ! names_servers "$RUN/os/etc/connman/main.conf" &&
    [ -x "$RUN/os/usr/bin/ssh-keygen" ]
}
is_unconfigured() {
  case $MODE in live|install) ;; *) return 1 ;; esac
  [ -z "$STATE$DCP$TRY$FALLBACK" ] && is_usual_line "$PROC/cmdline" && is_usual_medium && ! may_have_seed "$MEDIUM" &&
    is_usual_image
}

IDENTITY=/var/lib/bhojpur
MAKERS=''
# On the second processor, while the root is filled: into the new root, which has its /usr by now. Nobody else's keys are
# here: an image that brings some is not a usual one.
make_host_keys() {
  mkdir -p "$R$IDENTITY" && mkdir -m 0700 "$R$IDENTITY/ssh" "$R$IDENTITY/node" || return
  # ssh-keygen wants to know who runs it, and this device, where /dev will be.
  cp "$RUN/os/etc/passwd" "$R/etc/passwd" && mknod "$R/dev/null" c 1 3
  for type in ed25519 ecdsa; do
    chroot "$R" /usr/bin/ssh-keygen -q -t $type -N '' -C '' -f "$IDENTITY/ssh/ssh_host_${type}_key" < /dev/null &
    MAKERS="$MAKERS $!"
  done
}
await_host_keys() { for maker in $MAKERS; do wait "$maker"; done; }
# As src/runtime/boot/identity.ts does it: what is kept, and what is used. Fails where any of it does.
draw_identity() {
  mkdir -p "$R/etc/ssh" "$R/etc/bhojpur" || return 1
  random=$AT/proc/sys/kernel/random/uuid
  read -r name < "$random" && read -r id < "$random" || return 1
  name=bhojpur-${name%%-*}
  while :; do case $id in *-*) id=${id%%-*}${id#*-} ;; *) break ;; esac; done
  echo "$id" > "$R$IDENTITY/machine-id" && echo "$id" > "$R/etc/machine-id" &&
    chmod 0444 "$R$IDENTITY/machine-id" "$R/etc/machine-id" && echo "$name" > "$R$IDENTITY/hostname" || return 1
  hosts=''
  while IFS= read -r line; do
    case $line in ''|127.0.1.1[[:space:]]*) ;; *) hosts="$hosts$line
" ;; esac
  done < "$R/etc/hosts"
  echo "${hosts}127.0.1.1 $name" > "$R/etc/hosts" && printf %s "$name" > "$AT/proc/sys/kernel/hostname" &&
    echo "$name" > "$R/etc/hostname" && ln -s "$IDENTITY/node" "$R/etc/bhojpur/node" || return 1
  await_host_keys
  for type in ed25519 ecdsa; do
    key=$R$IDENTITY/ssh/ssh_host_${type}_key
    # An empty comment has a space before it.
    [ -s "$key" ] && read -r kind blob _ < "$key.pub" && echo "$kind $blob" > "$key.pub" || return 1
  done
  cp -p "$R$IDENTITY"/ssh/ssh_host_* "$R/etc/ssh"
}
# What the phases leave beside it, for the third one and for `opsctl status`.
record_unconfigured() {
  at=$(date -u +%Y-%m-%dT%H:%M:%S.000Z)
  mkdir -m 0700 "$RUN/seed" && mkdir -p "$R/var/log/bos" && cp "$R/etc/connman/main.conf" "$RUN/connman-main.conf"
  for part in machine-id 'host keys' hostname 'DCP node'; do
    echo "{\"v\":1,\"at\":\"$at\",\"level\":\"info\",\"phase\":\"identity\",\"key\":\"$part\",\"message\":\"applied\"}"
  done >> "$R/var/log/bos/config.log"
  phase="\"at\":\"$at\",\"durationMs\":0"
  echo "{\"v\":1,\"phases\":{\"initrd\":{$phase,\"applied\":0,\"failed\":0,\"faults\":[]},\"boot\":{$phase,\"applied\":4,\"failed\":0,\"faults\":[]}}}" > "$RUN/config-status.json"
}

# What the initrd says, and the end of every way that leads nowhere: a root shell on every console. Needs places.sh, and of a
# boot on trial trial.sh.

CONSOLES=console
# Set when a rescue shell is asked for; and why one follows once the root stands that has its tools.
REQUESTED_RESCUE='' RESCUE_REASON=''

find_consoles() {
  CONSOLES=$(cat "$SYS/class/tty/console/active" 2>/dev/null)
  [ -n "$CONSOLES" ] || CONSOLES=console
}
say() {
  for c in $CONSOLES; do echo "bos: $*" > "$DEV/$c"; done 2>/dev/null
  note "$*"
}
# Into the log alone, with the seconds since the kernel began: where the time of a boot goes (docs/boot-time.md).
note() {
  read -r up _ < "$AT/proc/uptime"
  echo "[$up] bos: $*" >> "$RUN/initrd.log"
}
show_file() { # the file $1, on every console
  for c in $CONSOLES; do cat "$1" > "$DEV/$c"; done
}
# Runs a command that may take long, and says every five seconds that it still does: what, the command. The seconds are
# slept one by one, and apart from the output of the command, so that nothing waits for the last one.
patiently() {
  activity=$1
  shift
  ( seconds=0
    # Not longer than the shell that waits.
    while sleep 1 && kill -0 $$; do
      seconds=$((seconds + 1))
      [ $((seconds % 5)) != 0 ] || say "$activity: $seconds s"
    done ) > /dev/null 2>&1 &
  teller=$!
  "$@"
  code=$?
  kill "$teller"
  wait "$teller" 2>/dev/null
  return $code
}

# With the whole system's tools when there is a root to take them from.
rescue() { # what happened, what to do
  [ -z "$TRY" ] || restart_trial "$1"
  say ""
  say "RESCUE: $1"
  [ -n "$2" ] && say "$2"
  say "A root shell follows on each console. 'reboot -f' restarts the machine."
  echo rescue > "$RUN/mode"
  if [ -x "$R/usr/bin/bash" ]; then
    [ -n "$AT" ] || for m in proc sys dev run; do mount --rbind "/$m" "$R/$m"; done
    set -- chroot "$R" /usr/bin/env PS1='rescue# ' /usr/bin/bash --norc
  else
    set -- sh -l
  fi
  for c in $CONSOLES; do
    ( while :; do
        # The session begins first: the console that it then opens becomes its terminal.
        # shellcheck disable=SC2016 # $1 and $@ are those of the inner shell
        PS1='rescue# ' HOME=/root TERM=linux setsid sh -c 'c=$1; shift; exec "$@" <"$c" >"$c" 2>&1' sh "$DEV/$c" "$@"
        sleep 1
      done ) &
  done
  while :; do wait; sleep 1; done
}

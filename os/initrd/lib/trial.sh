# A boot on trial: the boot menu has started a new deployment, or the one before it, and counts that (bos.upgrade.try).
# Whatever fails or hangs until opsctl has judged it ends in a restart, never in a shell that nobody sees. Needs
# places.sh, messages.sh, command-line.sh and devices.sh.

# The watchdog is fed until the trial ends or the limit is over. opsctl makes this file in $RUN when it ends.
TRIAL_END=trial-ended
# The takeover that is on trial writes a number there that is not the last one, and for how many seconds that counts.
TRIAL_ALIVE=trial-alive
# Seconds between two feeds: hardware begins at ten.
FEED_EVERY=2
# Seconds that a watchdog has when it is fed no more; after that the feeder resets the machine itself.
WATCHDOG_PATIENCE=120

begin_trial() { # after coldplug, which has loaded what drives the hardware's own watchdog
  [ -n "$TRY" ] || return 0
  # A person who asks for the shell, at the boot menu say, is there.
  case $MODE in rescue|shell) TRY='' && return ;; esac
  echo 10 > "$PROC/sys/kernel/panic"
  [ -c "$DEV/watchdog0" ] || modprobe -q softdog
  # A driver that cannot be stopped any more has to be fed to the end.
  [ "$(cat "$SYS/class/watchdog/watchdog0/nowayout" 2>/dev/null)" = 1 ] && forever=1 || forever=''
  # The boot menu has the kernel panic where it locks up, which it may do before anything here runs. A trial ends that.
  lockup=$PROC/sys/kernel/softlockup_panic
  [ -e "$lockup" ] || lockup=/dev/null
  # Opened here and inherited: the feeder keeps it while the root is moved away from under it.
  if [ -e "$DEV/watchdog0" ]; then
    say "this start is on trial: a watchdog restarts the machine after $TRY_LIMIT s"
    feed_watchdog "$forever" 9> "$DEV/watchdog0" 8> "$DEV/kmsg" 7> "$PROC/sysrq-trigger" 6>> "$lockup" < /dev/null > /dev/null 2>&1 &
  else
    say "this start is on trial: the machine is restarted after $TRY_LIMIT s (there is no watchdog)"
    feed_watchdog "$forever" 9> /dev/null 8> "$DEV/kmsg" 7> "$PROC/sysrq-trigger" 6>> "$lockup" < /dev/null > /dev/null 2>&1 &
  fi
}
# It stays in $RUN, which is the same folder wherever it is mounted, and needs no other path: those of the initrd lead
# elsewhere once systemd runs. systemd ends it last of all; then a watchdog that can be stopped is, so that a machine
# that is powered off stays off.
feed_watchdog() { # for ever if $1 is set; as 9 the watchdog, as 8 the log of the kernel, as 7 its sysrq, as 6 what it does about lockups
  cd "$RUN" || return
  trap '' HUP INT
  trap 'printf V >&9; exit' TERM
  passed=0
  lenient=''
  sign=''
  while :; do
    if [ -e "$TRIAL_ALIVE" ] && read -r now allowed < "$TRIAL_ALIVE" && [ "$now" != "$sign" ]; then
      sign=$now
      case $allowed in '' | *[!0-9]*) ;; *) TRY_LIMIT=$((passed + allowed)) ;; esac
    fi
    if [ -e "$TRIAL_END" ]; then
      [ -n "$lenient" ] || { echo 0 >&6; lenient=1; }
      # "V" before it is closed stops the watchdog (Documentation/watchdog/watchdog-api.rst, magic close).
      [ -n "$1" ] || { printf V >&9; exec 9>&-; drop_softdog; exit; }
      printf . >&9
    elif [ "$passed" -lt "$TRY_LIMIT" ]; then printf . >&9
    elif [ "$passed" -lt $((TRY_LIMIT + FEED_EVERY)) ]; then
      echo "<2>bos: the trial has not ended within $passed s: restarting" >&8
    elif [ "$passed" -ge $((TRY_LIMIT + WATCHDOG_PATIENCE)) ]; then printf b >&7
    fi
    sleep "$FEED_EVERY"
    passed=$((passed + FEED_EVERY))
  done
}

# systemd takes every watchdog that is there for the way down, where this one complains on all consoles.
drop_softdog() { rmmod softdog 2>/dev/null; }

# Instead of the rescue shell.
restart_trial() { # why
  say ""
  say "FAILED: $1"
  say 'This start was on trial. The machine restarts in 10 s.'
  sleep 10
  sync
  reboot -f
  # Where that is not enough.
  echo b > "$AT$PROC/sysrq-trigger"
  while :; do sleep 1; done
}

# What systemd does when it cannot go on: a shell without a person is a hang. When the trial has ended, as ever.
restart_in_emergency() {
  [ -n "$TRY" ] || return 0
  units=${RUN%/bos}/systemd
  mkdir -p "$units/system/emergency.service.d" "$units/system.conf.d"
  cat > "$units/system/emergency.service.d/trial.conf" <<'UNIT'
[Service]
ExecStartPre=
ExecStart=
ExecStart=-/bin/sh -c 'if [ -e /run/bos/trial-ended ]; then exec /lib/systemd/systemd-sulogin-shell emergency; fi; echo "bos: emergency mode, and this start is on trial: restarting" > /dev/console; sleep 5; exec systemctl --force reboot'
UNIT
  # PID 1 that crashes would stay there, frozen.
  printf '[Manager]\nCrashReboot=yes\n' > "$units/system.conf.d/bos-trial.conf"
}

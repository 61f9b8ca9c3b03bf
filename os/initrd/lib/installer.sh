# The installer, once the live system is up, on which terminals. Needs places.sh, messages.sh and command-line.sh.

# Asking: on every console, whoever sees one answers there. Silent, or with a terminal named: on that one.
installer_ttys() {
  if [ -n "$INSTALL_TTY" ] && [ "$INSTALL_TTY" != auto ]; then
    tty=${INSTALL_TTY#/dev/}
    echo "${tty%%,*}"
  elif [ -n "$SILENT" ]; then echo console
  else
    for c in $CONSOLES; do if [ "$c" = tty0 ]; then echo tty1; else echo "$c"; fi; done
  fi
}
enable_installer() {
  mkdir -p "$R/etc/systemd/system/multi-user.target.wants"
  for t in $(installer_ttys); do
    ln -s /usr/lib/systemd/system/bos-install@.service "$R/etc/systemd/system/multi-user.target.wants/bos-install@$t.service"
    # A screen can be redrawn; a serial line gets plain lines.
    case $t in tty[0-9]*) term=linux ;; *) term=vt220 ;; esac
    mkdir -p "/run/systemd/system/bos-install@$t.service.d"
    printf '[Service]\nEnvironment=TERM=%s\n' $term > "/run/systemd/system/bos-install@$t.service.d/term.conf"
  done
}

#!/bin/sh
# Installs Bhojpur OS from any Linux: fetches opsctl, the installer, from beside the ISO, compares its SHA-256 and
# hands over. Runs in any POSIX shell (dash, busybox ash, bash) and relies on nothing but a C library and curl or wget.
# What can be refused without the installer is refused here, before anything is fetched.
set -eu

usage() {
  cat <<'EOF'
Usage: install.sh [--force-efi] [--debug] [--tty TTY] [--poweroff] [--insecure]
                  [--takeover] [--no-format] [--config URL] DEVICE ISO_URL

Installs Bhojpur OS from this Linux to a disk. Everything on DEVICE is lost.

  DEVICE         the disk: /dev/vda, or a link in /dev/disk/by-id; with --no-format the partition of the system
  ISO_URL        the ISO: http, https, ftp or file URL, or a path; opsctl-linux-ARCH and sha256sum-ARCH.txt, as they
                 were built, lie beside it

  --config URL   configuration of the installed system: http, https or file URL, or a path; without it nobody can
                 log in
  --force-efi    install for UEFI even if a BIOS started this machine
  --no-format    keep the partition DEVICE and what is on it
  --takeover     install over this running Linux; DEVICE is the partition of /
  --tty TTY      terminal of the installed system, such as ttyS0
  --poweroff     switch the machine off afterwards
  --debug        print more, now and in the installed system
  --insecure     accept an http or ftp ISO_URL: nothing verifies what comes from there and runs here as root
  --dry-run      show what would be done and touch nothing; opsctl and the tools of the ISO run as root all the same
  -h, --help     show this
  -- OPTION...   more options for "opsctl install"

It works in the first of $TMPDIR, /tmp, /var/tmp, /root, /run and /dev/shm that has 300 MB free and where programs may
be started. Exit codes: 0 done, 2 wrong usage or configuration, 3 refused and nothing was touched, 4 failed and undone,
5 failed after the disk was written to.

Examples:
  install.sh --config https://example.com/config.yaml /dev/vda https://example.com/v0.10.0/bos-amd64.iso
  install.sh --dry-run /dev/vda ./bos-amd64.iso
  install.sh --takeover --debug --tty ttyS0 --config /tmp/config.yaml --no-format /dev/vda1 https://example.com/bos.iso
EOF
}

# say MESSAGE HINT: as opsctl does.
say() {
  echo "error: $1" >&2
  [ -z "${2:-}" ] || echo "hint: $2" >&2
}
wrong() {
  say "$1" "See install.sh --help."
  exit 2
}
refuse() {
  say "$@"
  exit 3
}
have() { command -v "$1" >/dev/null 2>&1; }

# KB that the executable (115 MB), the root file system of the ISO and the tools out of it take for a while
room=300000

# --- what was asked ---

device='' iso='' config='' tty='' flags='' more='' dry='' insecure=''
while [ $# -gt 0 ]; do
  case $1 in
    -h | --help)
      usage
      exit 0
      ;;
    --force-efi | --debug | --poweroff | --takeover | --no-format) flags="$flags $1" ;;
    --dry-run) flags="$flags $1" dry=yes ;;
    --insecure) insecure=yes ;;
    --config | --tty)
      [ -n "${2:-}" ] || wrong "$1 needs a value"
      if [ "$1" = --config ]; then config=$2; else tty=$2; fi
      shift
      ;;
    --config=?*) config=${1#*=} ;;
    --tty=?*) tty=${1#*=} ;;
    --)
      shift
      more=yes
      break
      ;;
    -*) wrong "there is no option $1" ;;
    *)
      if [ -z "$device" ]; then device=$1
      elif [ -z "$iso" ]; then iso=$1
      else wrong "$1 is one argument too many"
      fi
      ;;
  esac
  shift
done
# What is left in "$@" is for opsctl.
[ -n "$more" ] || set --
for word; do
  case $word in
    --insecure) insecure=yes ;;
    --dry-run) dry=yes ;;
  esac
done
[ -n "$device" ] || wrong 'DEVICE and ISO_URL are missing'
[ -n "$iso" ] || wrong 'ISO_URL is missing'

# --- this machine ---

[ "$(uname -s)" = Linux ] || refuse "This is $(uname -s), not Linux" 'Boot the Bhojpur OS ISO on the machine.'
[ "$(id -u)" = 0 ] || refuse 'Only root can write to disks' "Run it with sudo: sudo $0 ..."
[ -e /proc/self/fd ] || refuse '/proc is not mounted' 'mount -t proc proc /proc'

case $(uname -m) in
  x86_64 | amd64) arch=amd64 loader=/lib64/ld-linux-x86-64.so.2 ;;
  aarch64 | arm64) arch=arm64 loader=/lib/ld-linux-aarch64.so.1 ;;
  *)
    refuse "There is no installer for the architecture $(uname -m)" \
      'It runs on x86_64 and aarch64. On armv7 unpack the rootfs tarball over an existing system.'
    ;;
esac

needs='The installer needs the GNU C library (glibc 2.28 or later) and libstdc++.so.6'
if [ ! -e "$loader" ]; then
  for musl in /lib/ld-musl-*.so.1; do
    [ ! -e "$musl" ] || refuse "This Linux has musl ($musl) and no glibc ($loader is missing). $needs" \
      'Boot the Bhojpur OS ISO instead, or run install.sh in a Linux with glibc, such as a rescue system.'
  done
  refuse "$loader is missing: this Linux has no 64-bit glibc. $needs" \
    'Boot the Bhojpur OS ISO instead, or run install.sh in a Linux with glibc, such as a rescue system.'
fi

if have sha256sum; then digest() { sha256sum "$1"; }
elif have busybox && busybox sha256sum </dev/null >/dev/null 2>&1; then digest() { busybox sha256sum "$1"; }
elif have openssl; then digest() { openssl dgst -sha256 -r "$1"; }
else refuse 'There is no sha256sum to verify the installer with' 'Install coreutils, busybox or openssl.'
fi

# --- where the executable comes from ---

case $iso in
  *://*) place=${iso%%[?#]*} ;;
  */*) place=$iso ;;
  *) place=./$iso ;;
esac
folder=${place%/*}
case $folder in
  file://*) folder=${folder#file://} fetch=copy ;;
  *://*) fetch=download ;;
  *) fetch=copy ;;
esac
# What is asked for over https is taken over https, through every redirect: whoever is on the way could answer in the
# place of the server that was authenticated, and this runs as root.
case $folder in
  [Hh][Tt][Tt][Pp][Ss]://*) secure=yes ;;
  *) secure='' ;;
esac
# A URL can hold a password, and that an @.
case $folder in
  *://*)
    rest=${folder#*://} host=${folder#*://}
    host=${host%%/*}
    shown=${folder%%://*}://${host##*@}${rest#"$host"}
    ;;
  *) shown=$folder ;;
esac
# The checksum comes by the same way as what it is of: it finds what was damaged, not what was exchanged.
doubt=''
if [ $fetch = download ]; then
  case $folder in
    [Hh][Tt][Tt][Pp][Ss]://* | [Ff][Tt][Pp][Ss]://*) ;;
    *) doubt="Nothing verifies what comes from $shown: anyone on the way can put another installer in its place, which \
runs here as root${dry:+, in a dry run too}" ;;
  esac
fi
if [ -n "$doubt" ] && [ -z "$insecure" ]; then
  # Whoever pipes this script into a shell has no terminal there.
  if ! [ -t 0 ] || ! [ -t 2 ]; then
    refuse "$doubt" 'Use an https URL or a path, or accept it with --insecure.'
  fi
  printf '%s.\nGo on all the same? [y/N] ' "$doubt" >&2
  read -r answer || answer=''
  case $answer in
    [Yy] | [Yy][Ee][Ss]) insecure=yes ;;
    *)
      echo 'Not installed: nothing was touched.' >&2
      exit 3
      ;;
  esac
elif [ -n "$doubt" ]; then
  echo "warning: $doubt" >&2
fi
by_curl() {
  if [ -n "$secure" ]; then set -- "$1" "$2" --proto-redir =https; fi
  url=$1 target=$2
  shift 2
  curl -fsSL "$@" --retry 5 --connect-timeout 30 -o "$target" "$url"
}
# GNU wget follows redirects to anywhere or nowhere: this follows them itself.
by_wget() {
  # Without -T, which makes the wget of busybox 1.35 crash.
  if [ -z "$secure" ]; then
    wget -q -O "$2" "$1"
    return
  fi
  url=$1
  for _ in 1 2 3 4 5 6 7 8; do
    if wget -q -S --max-redirect=0 -O "$2" "$url" 2>"$work/answer"; then return 0; fi
    next='' header='' value=''
    while read -r header value _; do
      case $header in [Ll][Oo][Cc][Aa][Tt][Ii][Oo][Nn]:) next=${value%"$(printf '\r')"} ;; esac
    done <"$work/answer"
    origin=${url#*://}
    case $next in
      '')
        cat "$work/answer" >&2
        return 1
        ;;
      [Hh][Tt][Tt][Pp][Ss]://*) url=$next ;;
      *://*)
        echo "The server leads to ${next%%://*}://, which is not https" >&2
        return 1
        ;;
      //*) url=https:$next ;;
      /*) url=https://${origin%%/*}$next ;;
      *) url=https://${origin%/*}/$next ;;
    esac
  done
  echo 'The server leads from one place to the next without end' >&2
  return 1
}
if [ $fetch = download ]; then
  if have curl; then download() { by_curl "$@"; }
  elif have wget; then
    case $secure$(wget --help 2>&1) in
      yes*BusyBox*)
        refuse 'The wget of busybox does not check who answers over https' \
          'Install curl or GNU wget, or copy the ISO and the files beside it to this machine and give the path of the ISO.'
        ;;
    esac
    download() { by_wget "$@"; }
  else refuse 'There is neither curl nor wget to fetch the installer with' \
    'Install one of them, or copy the ISO and the files beside it to this machine and give the path of the ISO.'
  fi
fi
copy() { cp "$1" "$2"; }

# --- where to work ---

work='' tried=''
for parent in "${TMPDIR:-}" /tmp /var/tmp /root /run /dev/shm; do
  if ! [ -d "$parent" ] || ! [ -w "$parent" ]; then continue; fi
  # POSIX: a line of titles, then device, blocks, used, available
  free=$(df -Pk "$parent" 2>/dev/null | { read -r _ && read -r _ _ _ kb _ && echo "$kb"; } || true)
  case $free in
    '' | *[!0-9]*)
      tried="$tried $parent (room unknown)"
      continue
      ;;
  esac
  if [ "$free" -lt $room ]; then
    tried="$tried $parent ($((free / 1000)) MB free)"
    continue
  fi
  candidate=$parent/bos-install.$$
  (umask 077 && mkdir "$candidate") 2>/dev/null || continue
  work=$candidate
  trap 'rm -rf "$work"' EXIT
  trap 'exit 130' HUP INT TERM
  printf '#!/bin/sh\nexit 0\n' >"$work/try" && chmod 700 "$work/try"
  if "$work/try" 2>/dev/null; then
    tmp=$parent
    break
  fi
  rm -rf "$work"
  work=''
  tried="$tried $parent (noexec)"
done
[ -n "$work" ] || refuse "There is no folder with $((room / 1000)) MB free where programs may be started:$tried" \
  'Set TMPDIR to one.'

# --- fetch, verify, hand over ---

name=opsctl-linux-$arch
sums=sha256sum-$arch.txt
for file in $sums $name; do
  echo "Fetching $shown/$file" >&2
  $fetch "$folder/$file" "$work/$file" ||
    refuse "$file cannot be fetched from beside the ISO" \
      "The folder of the ISO must hold $name and $sums, as they were built; is the ISO for $arch?"
done

wanted=''
while read -r sum path; do
  case $path in "$name" | "*$name") wanted=$sum ;; esac
done <"$work/$sums"
[ ${#wanted} -eq 64 ] || refuse "$sums has no checksum of $name" 'Is it the one that was built with the ISO?'
found=$(digest "$work/$name")
found=${found%% *}
[ "$found" = "$wanted" ] || refuse "$name does not have the SHA-256 that $sums says" \
  "It is damaged or was changed: expected $wanted, found $found."

[ -z "$dry" ] || echo "This dry run starts $name from $shown as root." >&2
chmod 700 "$work/$name"
"$work/$name" --version >"$work/try" 2>&1 || {
  cat "$work/try" >&2
  refuse "$name cannot be started on this Linux. $needs" \
    'Install what is missing (Debian: libstdc++6, Fedora: libstdc++), or boot the Bhojpur OS ISO instead.'
}

if [ -z "$config" ]; then
  echo 'warning: without --config nobody can log in to the installed system: it has neither a key nor a password' >&2
  set -- --allow-no-login "$@"
else
  set -- --config "$config" "$@"
fi
[ -z "$insecure" ] || flags="$flags --insecure"
[ -z "$tty" ] || set -- --tty "$tty" "$@"
# Naming a disk is consent, as the documents say of this script.
# shellcheck disable=SC2086 # words of this script
set -- install "$device" "$iso" --silent $flags "$@"

# The executable is held open and its name removed, so that nothing is left behind however it ends.
exec 9<"$work/$name"
rm -rf "$work"
trap - EXIT HUP INT TERM
TMPDIR=$tmp exec /proc/self/fd/9 "$@"

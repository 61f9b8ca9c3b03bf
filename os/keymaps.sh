#!/bin/sh
# Runs once at build time, before customize.sh; "$1" is the root folder. Leaves of kbd and console-data what sets a
# keyboard layout: loadkeys, dumpkeys to look at what is set, and the keymaps that the configuration knows by name. Their
# names are in the file "keymaps" beside this one, one a line; one that is not there ends the build.
set -eu
names=$(dirname "$0")/keymaps
maps=$1/usr/share/keymaps

for map in "$maps"/i386/*/*.kmap.gz; do
  name=${map##*/}
  grep -qxF -e "${name%.kmap.gz}" "$names" || rm "$map"
done
while read -r name; do
  set -- "$1" "$maps"/i386/*/"$name.kmap.gz"
  [ -f "$2" ] || { echo "console-data has no keymap $name" >&2; exit 1; }
done < "$names"

# Keyboards of other machines, and what makes other fonts and screens of a console.
rm -rf "$maps/amiga" "$maps/atari" "$maps/mac" "$maps/sun" \
  "$1/usr/share/console" "$1/usr/share/consolefonts" "$1/usr/share/consoletrans"
while read -r path; do
  case $path in
    */loadkeys|*/dumpkeys) ;;
    /bin/*|/sbin/*|/usr/bin/*|/usr/sbin/*) rm -f "$1$path" ;;
  esac
done < "$1/var/lib/dpkg/info/kbd.list"

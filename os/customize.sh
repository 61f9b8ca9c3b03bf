#!/bin/sh
# Runs once at build time on the freshly installed packages; "$1" is the root folder. Sets up the user, takes
# out what a running Bhojpur OS never needs, and blanks what must differ between machines.
set -eu
# The modes of what is made here must not depend on who builds.
umask 022
root=$1
beside=$(cd "$(dirname "$0")" && pwd)

# --- users: bhojpur is the one person; root stays locked and never gets a key
chroot "$root" useradd --uid 1000 --user-group --groups sudo,adm,systemd-journal --shell /bin/bash --no-create-home bhojpur
chroot "$root" usermod --password '!' bhojpur
chroot "$root" usermod --password '!*' root
echo 'bhojpur ALL=(ALL:ALL) NOPASSWD: ALL' > "$root/etc/sudoers.d/bhojpur"
chmod 0440 "$root/etc/sudoers.d/bhojpur"

# --- services: what would cost boot time, phone home or change a read-only /usr is off
grep -v '^#' "$beside/masked-units" | while read -r unit; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done
ln -sf /usr/lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
# wpa_supplicant is started by connman over D-Bus, so its unit must exist; only its own start is off.
rm -f "$root/etc/systemd/system/wpa_supplicant.service"
rm -f "$root/etc/systemd/system/multi-user.target.wants/wpa_supplicant.service"

# --- RAID and LVM: nothing by the clock, and no file with the date of the build
rm -f "$root/etc/cron.d/mdadm" "$root/etc/cron.daily/mdadm" "$root/etc/default/mdadm"
printf 'HOMEHOST <system>\n' > "$root/etc/mdadm/mdadm.conf"
printf '# Nothing here answers for it.\nactivation { monitoring = 0 }\n' > "$root/etc/lvm/lvmlocal.conf"
rm -rf "$root/etc/lvm/profile" "$root/etc/lvm/backup" "$root/etc/lvm/archive" "$root/usr/lib/systemd/system-generators/lvm2-activation-generator"

# --- switching off: the programs under their names, and on everybody's path what asks sudo for them
for program in poweroff reboot halt shutdown; do
  ln -sf ../bin/systemctl "$root/usr/sbin/$program"
  ln -sf ../lib/bhojpur/power "$root/usr/bin/$program"
done

# --- connman owns resolv.conf; its DNS proxy is off (see the unit's drop-in)
ln -sf /run/connman/resolv.conf "$root/etc/resolv.conf"

cd "$root"

# --- licences: what Debian's packages are under, where they are looked for, too
licenses=usr/share/bhojpur/licenses
mkdir -p "$licenses"
for doc in usr/share/doc/*; do
  [ -f "$doc/copyright" ] || continue
  mkdir -p "$licenses/${doc##*/}"
  cp -L "$doc/copyright" "$licenses/${doc##*/}/copyright"
  chmod 0644 "$licenses/${doc##*/}/copyright"
done
mv usr/share/common-licenses "$licenses/common-licenses"

# --- what a read-only, image-based system has no use for
rm -rf usr/share/doc usr/share/man usr/share/locale usr/share/info usr/share/lintian usr/share/bug \
  usr/share/doc-base usr/share/perl usr/share/perl5 usr/lib/*/perl usr/lib/*/perl-base usr/lib/*/perl5 \
  usr/share/bash-completion usr/share/zsh usr/share/pixmaps usr/share/applications \
  usr/share/debconf usr/share/zoneinfo/right usr/share/zoneinfo/posix usr/share/gcc usr/share/gdb usr/share/i18n \
  usr/lib/apt usr/lib/dpkg usr/share/dpkg etc/apt etc/dpkg etc/cron.daily/apt-compat etc/cron.daily/dpkg \
  etc/logrotate.d usr/lib/python3 usr/share/python3 usr/lib/locale boot etc/kernel usr/include usr/games \
  usr/share/pkgconfig usr/share/apport usr/share/initramfs-tools usr/share/runit usr/lib/usrmerge usr/share/menu \
  etc/perl etc/runit etc/sv etc/apport
rm -f usr/bin/perl* usr/bin/apt* usr/bin/dpkg* usr/sbin/dpkg* usr/bin/deb* usr/sbin/update-rc.d \
  usr/lib/*/libapt-* usr/lib/*/libperl* initrd.img* vmlinuz* usr/lib/*/*.a
# programs of interpreters that are not here
grep -rlIm1 '^#! */usr/bin/\(env \)\{0,1\}\(perl\|python\)' usr/bin usr/sbin usr/lib/ssl | xargs -r rm -f
rm -f usr/sbin/addgroup usr/sbin/delgroup usr/lib/ssl/misc/tsget
# udev reads hwdb.bin, which is made of these: keyboards, mice and names of network cards matter, the names of makers do not
if [ -f usr/lib/udev/hwdb.bin ]; then
  rm -f usr/lib/udev/hwdb.d/20-OUI.hwdb usr/lib/udev/hwdb.d/20-*-vendor*.hwdb usr/lib/udev/hwdb.d/20-sdio-classes.hwdb
  chroot "$root" systemd-hwdb update --usr --strict
  rm -rf usr/lib/udev/hwdb.d
fi
# mtools converts names through iconv: keep the code pages of FAT
for so in usr/lib/*/gconv/*.so; do
  case $so in */IBM850.so|*/IBM437.so|*/UTF-16.so) ;; *) rm -f "$so" ;; esac
done
rm -rf usr/lib/*/gconv/gconv-modules.d usr/lib/*/gconv/gconv-modules.cache
for gconv in usr/lib/*-linux-gnu*/gconv; do break; done
cat > "$gconv/gconv-modules" <<'G'
alias CP850// IBM850//
alias CP437// IBM437//
alias 850// IBM850//
alias 437// IBM437//
module IBM850// INTERNAL IBM850 1
module INTERNAL IBM850// IBM850 1
module IBM437// INTERNAL IBM437 1
module INTERNAL IBM437// IBM437 1
module UTF-16// INTERNAL UTF-16 1
module INTERNAL UTF-16// UTF-16 1
G

ln -s bhojpur/licenses usr/share/doc
ln -s bhojpur/licenses/common-licenses usr/share/common-licenses

# --- what is installed, as dpkg says it: without packages of which nothing is left but words about them
for list in var/lib/dpkg/info/*.list; do
  name=${list##*/}
  name=${name%.list}
  while read -r path; do
    case $path in /usr/share/doc/*|/usr/share/man/*|/usr/share/locale/*|/usr/share/lintian/*|/var/*) continue ;; esac
    # Links to folders, such as /lib, are in the lists of many.
    if [ -d ".$path" ]; then continue; fi
    if [ -h ".$path" ] || [ -f ".$path" ]; then echo "${name%:*}"; break; fi
  done < "$list"
done > kept-packages
mkdir -p usr/lib/dpkg
awk 'FNR == NR { kept[$1]; next } $2 in kept { print; print "" }' kept-packages RS= var/lib/dpkg/status > usr/lib/dpkg/status
rm kept-packages

# --- what must differ between machines, or between builds
rm -f etc/ssh/ssh_host_* etc/hostname var/log/*.log var/log/apt/* etc/.pwd.lock etc/passwd- etc/shadow- \
  etc/group- etc/gshadow- etc/subuid- etc/subgid- var/lib/systemd/random-seed var/cache/ldconfig/aux-cache
: > etc/machine-id
rm -rf var/cache/apt var/cache/debconf var/lib/apt var/lib/dpkg var/lib/dbus/machine-id var/log/* var/tmp/* tmp/*
sed -i 's/^\([^:]*:[^:]*\):[0-9]*:/\1:19000:/' etc/shadow

# --- /var is made anew (live) or seeded once (installed) from this
mkdir -p usr/lib/bhojpur usr/lib/modules usr/lib/firmware
rm -rf var/local
mv var usr/lib/bhojpur/var-template
mkdir -p usr/lib/bhojpur/var-template/local usr/lib/bhojpur/var-template/lib/bhojpur/os/config.d var
# The configuration of this machine can hold secrets.
cp "$beside/local-config.yaml" usr/lib/bhojpur/var-template/lib/bhojpur/os/config.yaml
chmod 0600 usr/lib/bhojpur/var-template/lib/bhojpur/os/config.yaml
rm -rf usr/local
ln -s /var/local usr/local

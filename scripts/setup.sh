#!/bin/sh
# Brings a fresh Debian 12 machine to where the project builds and tests: Debian packages (as root or through sudo)
# and the npm packages of package-lock.json. Quick when everything is there. Says what is missing where it may not
# install. With --soak also what only `make soak` needs: Chromium, 300 MB.
set -eu
cd "$(dirname "$0")/.."

packages='mmdebstrap squashfs-tools xorriso mtools dosfstools e2fsprogs fdisk gdisk zstd xz-utils cpio binutils kmod
uidmap busybox-static grub-common genisoimage isomd5sum isolinux syslinux-common qemu-system-x86
xfsprogs btrfs-progs lvm2 qemu-utils qemu-block-extra ovmf ipxe-qemu seabios iproute2 dnsmasq-base curl ca-certificates openssl
openssh-client shellcheck musl
packer docker-registry skopeo bmap-tools postgresql-15
qemu-user-static qemu-system-arm qemu-efi-aarch64 binutils-arm-linux-gnueabihf
libstdc++6-armhf-cross libatomic1-armhf-cross'

# What Debian has for one architecture alone, and the tools for the other one.
case $(dpkg --print-architecture) in
  arm64) packages="$packages grub-efi-arm64-bin binutils-x86-64-linux-gnu" ;;
  *) packages="$packages grub-pc-bin grub-efi-amd64-bin binutils-aarch64-linux-gnu" ;;
esac

[ "${1-}" != --soak ] || packages="$packages chromium"

# One call: a second `make` runs this too.
# shellcheck disable=SC2086 # a list of words
installed=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' $packages 2>/dev/null | sed -n 's/^ii *//p') || true
missing=''
for p in $packages; do
  echo "$installed" | grep -qx "$p" || missing="$missing $p"
done
command -v npm >/dev/null || missing="$missing npm"
# Other packages have a kubectl, too, and two of them cannot be installed together.
command -v kubectl >/dev/null || missing="$missing kubernetes-client"

if [ -n "$missing" ]; then
  if [ "$(id -u)" = 0 ]; then as_root=''
  elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then as_root=sudo
  else
    echo "error: Debian packages are missing, and this user may not install them:$missing" >&2
    echo "hint: Ask an administrator to run: apt-get update && apt-get install --no-install-recommends$missing" >&2
    exit 3
  fi
  echo "Installing Debian packages:$missing"
  $as_root apt-get update -q
  # Tests start clusters of their own; the package is to make none, and to run none.
  case " $missing " in
    *' postgresql-15 '*)
      $as_root mkdir -p /etc/postgresql-common/createcluster.d
      echo 'create_main_cluster = false' |
        $as_root tee /etc/postgresql-common/createcluster.d/bos.conf >/dev/null
      ;;
  esac
  # shellcheck disable=SC2086 # a list of words
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
fi

stamp=node_modules/.setup-stamp
if [ ! -f "$stamp" ] || [ -n "$(find package-lock.json -newer "$stamp")" ]; then
  npm ci --no-audit --no-fund --loglevel=error
  touch "$stamp"
fi

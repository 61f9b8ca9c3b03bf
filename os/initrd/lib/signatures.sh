# What is on a device, by the bytes of its super block: nothing is mounted. Needs places.sh; is_ext4 also arrays.sh,
# when arrays are looked for.

bytes_at() { dd if="$DEV/$1" bs=1 skip="$2" count="$3" 2>/dev/null | tr -d '\000'; }
hex_at() { dd if="$DEV/$1" bs=1 skip="$2" count="$3" 2>/dev/null | od -An -v -tx1 | tr -d ' \n'; }
number_at() { dd if="$DEV/$1" bs=1 skip="$2" count="$3" 2>/dev/null | od -An -v -tu"$3" | tr -d ' \n'; }
with_dashes() { sed 's/^\(.\{8\}\)\(.\{4\}\)\(.\{4\}\)\(.\{4\}\)/\1-\2-\3-\4-/'; }

# ISO 9660, ECMA-119 8.4: "CD001" at 32769, volume identifier at 32808. Read from the device itself: on a hybrid
# ISO the label also shows on a partition, which may not mount.
is_iso() { [ "$(bytes_at "$1" 32769 5)" = CD001 ]; }
iso_label() { bytes_at "$1" 32808 32 | sed 's/ *$//'; }
# ext4 super block at 1024: magic at 56, label at 120, UUID at 104
is_ext4() { [ "$(hex_at "$1" 1080 2)" = 53ef ] && ! { [ -n "$ARRAYS" ] && raid_member "$1"; }; }
ext4_label() { bytes_at "$1" 1144 16; }
ext4_uuid() { hex_at "$1" 1128 16 | with_dashes; }
# FAT32 boot sector: label at 71, "FAT32" at 82
fat_label() { [ "$(bytes_at "$1" 82 5)" = FAT32 ] && bytes_at "$1" 71 11 | sed 's/ *$//'; }
# LVM's label is in the second sector, with its type 24 bytes in (lib/format_text/layout.h).
is_physical_volume() { [ "$(bytes_at "$1" 536 8)" = 'LVM2 001' ]; }

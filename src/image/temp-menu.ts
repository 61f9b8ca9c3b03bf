export const isoMenu = ({ kernel }: { kernel: string }) => `
set timeout=3
set default=0
if [ "$grub_platform" = pc ]; then
serial --unit=0 --speed=115200
terminal_input console serial
terminal_output console serial
fi
menuentry "Bhojpur OS (live)" { 
linux /bos/system/kernel/${kernel}/vmlinuz bos.mode=live console=tty0 console=ttyS0,115200
initrd /bos/system/kernel/${kernel}/initrd
}
menuentry "Install" { 
linux /bos/system/kernel/${kernel}/vmlinuz bos.mode=install console=tty0 console=ttyS0,115200
initrd /bos/system/kernel/${kernel}/initrd
}
menuentry "Rescue" { 
linux /bos/system/kernel/${kernel}/vmlinuz bos.mode=rescue console=tty0 console=ttyS0,115200
initrd /bos/system/kernel/${kernel}/initrd
}
`;

/**
 * The programs that opsctl and what is laid over a system run there, each with the packages that have it. test/house/programs.test.ts
 * compares these names with what the sources run.
 */

/** Names of packages; undefined where none is known. */
export interface ProgramPackages {
  readonly debian: string;
  readonly rhel?: string;
}

const debian = (name: string, rhel?: string): ProgramPackages => ({
  debian: name,
  ...(rhel === undefined ? {} : { rhel }),
});

const [coreutils, util, mtools] = [
  debian('coreutils', 'coreutils'),
  debian('util-linux', 'util-linux'),
  debian('mtools', 'mtools'),
];
const [mount, e2fsprogs] = [debian('mount', 'util-linux'), debian('e2fsprogs', 'e2fsprogs')];
const systemd = debian('systemd', 'systemd');
const connman = debian('connman', 'connman');

/** Without these it does not start, cannot be installed, or nobody gets in. */
export const neededPrograms: Readonly<Record<string, ProgramPackages>> = {
  agetty: util,
  bash: debian('bash', 'bash'),
  busctl: systemd,
  chattr: e2fsprogs,
  chown: coreutils,
  chroot: coreutils,
  connmand: connman,
  'connmand-wait-online': connman,
  cp: coreutils,
  dd: coreutils,
  debugfs: e2fsprogs,
  e2fsck: e2fsprogs,
  e2label: e2fsprogs,
  find: debian('findutils', 'findutils'),
  fsfreeze: util,
  ip: debian('iproute2', 'iproute'),
  journalctl: systemd,
  ln: coreutils,
  login: debian('login', 'util-linux'),
  lsblk: util,
  mdir: mtools,
  'mkfs.ext4': e2fsprogs,
  modprobe: debian('kmod', 'kmod'),
  mount,
  mtype: mtools,
  openssl: debian('openssl', 'openssl'),
  partx: util,
  resize2fs: e2fsprogs,
  sh: debian('dash', 'bash'),
  sshd: debian('openssh-server', 'openssh-server'),
  sudo: debian('sudo', 'sudo'),
  swapoff: mount,
  sync: coreutils,
  systemctl: systemd,
  'systemd-run': systemd,
  tune2fs: e2fsprogs,
  udevadm: debian('udev', 'systemd-udev'),
  umount: mount,
  wipefs: util,
};

/** Without these something else is missing, which is said. */
export const usefulPrograms: Readonly<Record<string, ProgramPackages & { readonly lost: string }>> = {
  awk: { ...debian('mawk', 'gawk'), lost: 'list of addresses above the login prompt' },
  curl: {
    ...debian('curl', 'curl'),
    lost: 'download by FTP or TFTP, and no answer to a patch that Kubernetes asks for',
  },
  dmesg: { ...util, lost: 'log of the kernel in the report of an installation' },
  dmsetup: { ...debian('dmsetup', 'device-mapper'), lost: 'installation over LVM or encryption' },
  efibootmgr: { ...debian('efibootmgr', 'efibootmgr'), lost: 'entry in the boot menu of the firmware' },
  ethtool: { ...debian('ethtool', 'ethtool'), lost: 'wake_on_lan of bos.network' },
  loadkeys: { ...debian('kbd', 'kbd'), lost: 'bos.keymap' },
  'ssh-keygen': {
    ...debian('openssh-client', 'openssh'),
    lost: 'fingerprint of the host key above the login prompt',
  },
  xz: { ...debian('xz-utils', 'xz'), lost: 'writing of images that xz has packed' },
  wpa_supplicant: { ...debian('wpasupplicant', 'wpa_supplicant'), lost: 'bos.wifi' },
};

/** Units of systemd, by which the machine is reached: src/runtime/trial/health.ts judges a system by them. */
export const neededUnits: Readonly<Record<string, ProgramPackages>> = {
  'connman.service': connman,
  'ssh.service': debian('openssh-server'),
};

/** The libraries that the Node.js of opsctl loads. */
export const libraryPackages: Readonly<Record<string, ProgramPackages>> = {
  'libatomic.so.1': debian('libatomic1', 'libatomic'),
  'libgcc_s.so.1': debian('libgcc-s1', 'libgcc'),
  'libstdc++.so.6': debian('libstdc++6', 'libstdc++'),
};

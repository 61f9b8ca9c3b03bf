/** `opsctl install`: from a live system to a disk. */
import type { CommandDefinition } from '../../command.ts';

export const installCommand: CommandDefinition = {
  name: 'install',
  summary: 'install Bhojpur OS to a disk, from a live system or any Linux',
  description:
    'Installs Bhojpur OS to a whole disk; everything on that disk is lost. It asks for what you leave out (the disk ' +
    'if there are several, a way to log in), shows the plan and asks for a yes. Nothing is touched before ' +
    'everything that can be checked has been checked. Unattended, it reads bos.install.* from the kernel command line. ' +
    'On any other Linux it needs DEVICE and ISO_URL, and uses the tools in the ISO.',
  args: [
    {
      name: '[device]',
      help: 'the disk: /dev/vda, a link in /dev/disk/by-id, or criteria such as serial=S3Z9 or largest',
    },
    {
      name: '[iso_url]',
      help: 'the ISO to install from: http, https, ftp, tftp or file URL, or a path; by default, what this system was started from',
    },
  ],
  options: [
    { flags: '--config <url>', help: 'configuration to install: http, https or file URL, or a path' },
    { flags: '--sha256 <digest>', help: 'expected SHA-256 of the ISO' },
    {
      flags: '--public-key <key>',
      help: 'minisign public key; the manifest of the medium must be signed with it, at whatever time',
    },
    {
      flags: '--insecure',
      help: 'accept an http, ftp or tftp ISO_URL that neither a key nor a SHA-256 verifies',
    },
    { flags: '--ca-file <file>', help: 'certificates (PEM) to trust in addition to the usual ones' },
    { flags: '--var-device <device>', help: 'a second disk, only for /var; named like the first' },
    {
      flags: '--tty <tty>',
      help: 'terminal of the installed system, such as ttyS0; auto: the ones of this boot',
    },
    { flags: '--poweroff', help: 'power the machine off after the installation' },
    { flags: '--silent', help: 'do not ask; naming DEVICE is consent to erase it' },
    { flags: '--wipe', help: 'with --silent: also erase a disk that has data on it and was not named' },
    { flags: '--allow-no-login', help: 'install even if nobody could log in' },
    {
      flags: '--allow-warnings',
      help: 'with --silent: install even with warnings about joining or logging in',
    },
    { flags: '--force-efi', help: 'install for UEFI even if a BIOS started this machine' },
    { flags: '--debug', help: 'print more, now and in the installed system' },
    { flags: '--dry-run', help: 'show the plan and touch nothing' },
    {
      flags: '--facts <file>',
      help: 'with --dry-run: plan for the machine whose facts are in this file, on any machine',
    },
    {
      flags: '--cmdline <text>',
      help: 'with --dry-run: what the installer would do that this kernel command line starts; with --overlay: that of the board',
    },
    { flags: '--json', help: 'print events as JSON lines; never asks' },
    { flags: '--report', help: 'install nothing; put the logs and facts, without secrets, into one file' },
    {
      flags: '--no-format',
      help: 'install to an existing partition without formatting it: DEVICE, or the one labelled BOS_STATE',
    },
    {
      flags: '--takeover',
      help: 'replace the running Linux, from ISO_URL; the old system is deleted once somebody has reached the new one. --takeover=replace: tried from memory, then the whole disk DEVICE is erased',
    },
    {
      flags: '--replace',
      spelling: '--takeover=replace',
      help: 'take over from memory; once kept, erase the whole disk',
      hidden: true,
    },
    { flags: '--reboot', help: 'with --takeover: restart at once to try it' },
    {
      flags: '--confirm <how>',
      help: 'with --takeover: login keeps the new system once somebody logged in over ssh (default), none once it is up (default with --poweroff)',
      choices: ['login', 'none'],
    },
    { flags: '--confirm-url <url>', help: 'with --takeover: an answer of this URL keeps it, too' },
    {
      flags: '--trial <time>',
      help: 'with --takeover: how long to wait for that, such as 90s or 1h; default: 10m',
    },
    {
      flags: '--no-carry <what>',
      help: 'with --takeover: leave out what is carried over by itself; may be repeated',
      choices: ['network', 'host-keys', 'authorized-keys', 'hostname', 'all'],
      repeatable: true,
    },
    {
      flags: '--overlay <root>',
      help: 'over the system of a board, from a rootfs tarball; ROOT is its mounted root or an image (raw, .xz, .gz, .zst)',
    },
    { flags: '-o, --output <image>', help: 'with --overlay: write the changed image to this file' },
    { flags: '--boot <folder>', help: 'with --overlay: where the boot partition of ROOT is mounted' },
    { flags: '--from-command-line', help: 'run as the installer that bos.mode=install starts', hidden: true },
    { flags: '--finish-takeover', help: 'delete the system that was taken over', hidden: true },
  ],
  examples: [
    { line: 'opsctl install', does: 'Ask, show the plan, install:' },
    {
      line: 'opsctl install /dev/vda --config https://example.com/bhojpur.yaml --silent',
      does: 'Install without questions:',
    },
    {
      line: 'opsctl install /dev/vda https://example.com/bos-amd64.iso',
      does: 'Install a version other than the running one:',
    },
    {
      line: 'opsctl install --takeover https://example.com/bos-amd64.iso --config /root/bhojpur.yaml --reboot',
      does: 'Take over the running Linux:',
    },
    {
      line: 'opsctl install --takeover=replace /dev/vda https://example.com/bos-amd64.iso --config /root/bhojpur.yaml',
      does: 'Take it over where its root is on LVM, XFS or btrfs, and erase its disk once the new system is kept:',
    },
    {
      line: 'opsctl install /dev/sdb ./bos-amd64.iso --config config.yaml',
      does: 'Install to another disk, from any Linux:',
    },
    { line: 'opsctl install /dev/nvme0n1 --dry-run', does: 'Show what would be done:' },
    {
      line: "opsctl install --facts machine.json --dry-run --cmdline 'bos.mode=install bos.install.silent'",
      does: 'Show what an unattended installation would do on a recorded machine:',
    },
    {
      line: 'opsctl install --overlay board.img.xz bos-rootfs-arm64.tar.gz --config config.yaml -o bos-board.img',
      does: 'Put it over the system in the image of a board:',
    },
    {
      line: 'opsctl install /dev/sda2 --no-format',
      does: 'Install to a partition (ext4) and keep what is on it:',
    },
  ],
  load: () => import('./action.ts').then((module) => module.install),
};

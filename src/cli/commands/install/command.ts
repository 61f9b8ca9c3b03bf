/** `opsctl install`: from a live system to a disk. */
import type { CommandDefinition } from '../../command.ts';

export const installCommand: CommandDefinition = {
  name: 'install',
  summary: 'install Bhojpur OS to a disk, from a live system or any Linux',
  description:
    'Installs Bhojpur OS to a whole disk; everything on that disk is lost. It asks what is not given (the disk ' +
    'where there are several, a way to log in), shows the plan and wants a yes. Nothing is touched before ' +
    'everything that can be checked has been checked. Unattended, it takes bos.install.* of the kernel command line. ' +
    'On a Linux that is not Bhojpur OS it needs DEVICE and ISO_URL, and takes the tools that it runs out of the ISO.',
  args: [
    {
      name: '[device]',
      help: 'the disk: /dev/vda, a link in /dev/disk/by-id, or criteria such as serial=S3Z9 or largest',
    },
    {
      name: '[iso_url]',
      help: 'the ISO to install from: http, https, ftp, tftp or file URL, or a path; what this system was started from when left out',
    },
  ],
  options: [
    { flags: '--config <url>', help: 'configuration to install: http, https or file URL, or a path' },
    { flags: '--sha256 <digest>', help: 'what ISO_URL must be' },
    { flags: '--public-key <key>', help: 'of minisign: the manifest of the medium must be signed with it' },
    { flags: '--ca-file <file>', help: 'certificates (PEM) to trust beside the usual ones' },
    { flags: '--var-device <device>', help: 'a second disk for /var alone; named like the first' },
    {
      flags: '--tty <tty>',
      help: 'terminal of the installed system, such as ttyS0; auto: those of this boot',
    },
    { flags: '--poweroff', help: 'switch the machine off after the installation' },
    { flags: '--silent', help: 'ask nothing: a DEVICE that is named is erased' },
    { flags: '--wipe', help: 'with --silent: also erase a disk with data on it that was not named' },
    { flags: '--allow-no-login', help: 'install although nobody could log in' },
    { flags: '--force-efi', help: 'install for UEFI where a BIOS started this machine' },
    { flags: '--debug', help: 'say more, now and in the installed system' },
    { flags: '--dry-run', help: 'show the plan and touch nothing' },
    {
      flags: '--facts <file>',
      help: 'with --dry-run: plan for the machine whose facts are in this file, from anywhere',
    },
    { flags: '--json', help: 'print events as JSON lines; never asks' },
    { flags: '--report', help: 'install nothing: put the logs and facts, without secrets, into one file' },
    { flags: '--no-format', help: 'install to a partition as it is: DEVICE, or the one labelled BOS_STATE' },
    {
      flags: '--takeover',
      help: 'install over the Linux that runs, from ISO_URL; tried once before that is deleted',
    },
    { flags: '--reboot', help: 'with --takeover: restart at once to try it' },
    { flags: '--overlay <root>', help: 'install into a root folder (not available in this version)' },
    { flags: '--from-command-line', help: 'run as the installer that bos.mode=install starts', hidden: true },
    { flags: '--finish-takeover', help: 'delete what was taken over', hidden: true },
  ],
  examples: [
    { line: 'opsctl install', does: 'Ask, show the plan, install:' },
    {
      line: 'opsctl install /dev/vda --config https://example.com/bhojpur.yaml --silent',
      does: 'Install without questions:',
    },
    {
      line: 'opsctl install /dev/vda https://example.com/bos-amd64.iso',
      does: 'Install another version than the one that runs:',
    },
    {
      line: 'opsctl install --takeover https://example.com/bos-amd64.iso --config /root/bhojpur.yaml --reboot',
      does: 'Take over the Linux that runs:',
    },
    {
      line: 'opsctl install /dev/sdb ./bos-amd64.iso --config config.yaml',
      does: 'Install to another disk, from any Linux:',
    },
    { line: 'opsctl install /dev/nvme0n1 --dry-run', does: 'See what would be done:' },
    {
      line: 'opsctl install /dev/sda2 --no-format',
      does: 'Install to a partition (ext4) and keep what is on it:',
    },
  ],
  load: () => import('./action.ts').then((module) => module.install),
};

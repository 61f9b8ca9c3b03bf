/** The scripts of a PXE kit: what iPXE runs, and the grub.cfg of a GRUB that came over the network. Pure. */
import { commandLineLimit, grubWord } from '../../boot/command-line.ts';
import { renderGrub } from '../../boot/menus/grub-template.ts';
import { quoteKernelWord } from '../../config/command-line/kernel-arguments.ts';
import { usage } from '../../errors.ts';
import { grubText } from '../../formats/boot-config/grub-script.ts';

export interface PxeBoot {
  readonly title: string;
  /** File names in the kit. */
  readonly kernel: string;
  readonly initrd: string;
  /** Kernel arguments without quotes. */
  readonly words: readonly string[];
}

/** Where each lies in the kit. The second is where GRUB's own network images look. */
export const ipxeScriptPath = 'boot.ipxe';
export const grubScriptPath = 'grub/grub.cfg';

/**
 * Names without a folder or server: iPXE fetches them from where the script came from, by whatever protocol. `initrd=`
 * is for UEFI, whose kernel looks its initrd up by that name.
 */
export function renderIpxeScript({ kernel, initrd, words }: PxeBoot): string {
  const line = [`initrd=${initrd}`, ...words.map(ipxeWord)].join(' ');
  requireShort(line);
  return [
    '#!ipxe',
    'echo Bhojpur OS: fetching the kernel',
    `kernel ${kernel} ${line}`,
    'echo Bhojpur OS: fetching the system, which can take some minutes',
    `initrd ${initrd}`,
    'echo Bhojpur OS: starting the kernel, which unpacks the system',
    'boot',
    '',
  ].join('\n');
}

/** The menu for a GRUB that came over the network. */
export function renderNetworkMenu({ title, kernel, initrd, words }: PxeBoot): string {
  const line = words.map(grubWord).join(' ');
  requireShort(line);
  return renderGrub('network', { TITLE: grubText(title), KERNEL: kernel, ARGUMENTS: line, INITRD: initrd });
}

/**
 * A word on iPXE's command line, which knows no quotes: it splits at white space, joins again with one space, and
 * replaces `\${name}` (iPXE, src/core/exec.c and settings.c). Throws `argument-not-for-ipxe` (usage) for what would be
 * changed on the way.
 */
function ipxeWord(word: string): string {
  const quoted = quoteKernelWord(word);
  if (!/[^\x20-\x7e]|\$\{|\s{2}/.test(quoted) && !quoted.split(' ').some((part) => /^(\|\||&&)$/.test(part)))
    return quoted;
  throw usage('argument-not-for-ipxe', 'iPXE cannot pass a kernel argument unchanged', {
    details: [word],
    hint: String.raw`Leave out double spaces, letters beyond ASCII and \${, or write them as \xHH in a value of Bhojpur OS.`,
  });
}

/** BOOT_IMAGE= with a server's name, which GRUB puts first, takes some room too. */
function requireShort(line: string): void {
  const room = commandLineLimit - 200;
  if (Buffer.byteLength(line) < room) return;
  throw usage('command-line-too-long', `The kernel reads only ${commandLineLimit - 1} bytes of arguments`, {
    details: [`there are ${Buffer.byteLength(line)} here, and a boot loader adds some`],
    hint: 'Put the configuration into a file: --config.',
  });
}

/**
 * Where boards keep the kernel command line: Raspberry Pi's cmdline.txt; extlinux.conf of U-Boot; boot.scr, a script of
 * U-Boot in an image of its own; armbianEnv.txt and uEnv.txt; GRUB's menu. Pure.
 */
import { crc32 } from '../../formats/crc32.ts';

export interface BootConfig {
  readonly path: string;
  readonly kind: 'cmdline.txt' | 'extlinux.conf' | 'boot.scr' | 'environment' | 'grub.cfg' | 'given';
  /** Command lines in it, as far as they stand there: a script may put one together. */
  readonly lines: readonly string[];
  /** The root is mounted read-only at first. */
  readonly readOnly: boolean;
  /** What is started instead of /sbin/init; empty for nothing. */
  readonly init: string;
  /** Why it cannot be read, in words. */
  readonly fault?: string;
}

/** Below the root, or below a boot partition whose files are at its top: the same names. */
const names: readonly (readonly [path: string, kind: BootConfig['kind']])[] = [
  ['cmdline.txt', 'cmdline.txt'],
  ['extlinux/extlinux.conf', 'extlinux.conf'],
  ['boot.scr', 'boot.scr'],
  ['armbianEnv.txt', 'environment'],
  ['uEnv.txt', 'environment'],
  ['grub/grub.cfg', 'grub.cfg'],
  ['grub2/grub.cfg', 'grub.cfg'],
];

/** What is looked for, with its kind: in the folder of a boot partition, or in a root. */
export const bootConfigPaths = (place: 'partition' | 'root') =>
  (place === 'partition' ? [''] : ['boot/', 'boot/firmware/']).flatMap((folder) =>
    names.map(([path, kind]) => ({ path: `${folder}${path}`, kind })),
  );

/** The largest that is read: a menu of GRUB with many kernels. */
export const bootConfigLimit = 1024 * 1024;

/** `init` words that are there for the first start alone, and take themselves away: of Raspberry Pi OS. */
const once = /^\/usr\/lib\/(raspberrypi-sys-mods\/firstboot|raspi-config\/init_resize\.sh)$/;
export const startsOnce = (init: string): boolean => once.test(init);

export function readBootConfig(path: string, kind: BootConfig['kind'], bytes: Uint8Array): BootConfig {
  const text = kind === 'boot.scr' ? scriptOf(bytes) : Buffer.from(bytes).toString('utf8');
  if (text === undefined)
    return { path, kind, lines: [], readOnly: false, init: '', fault: 'its checksums are wrong' };
  const lines = linesOf[kind](text);
  const words = lines.flatMap((line) => line.split(/\s+/).filter(Boolean));
  // Of both the last one counts, as for the kernel.
  const access = words.findLast((word) => word === 'ro' || word === 'rw');
  const init = words.findLast((word) => word.startsWith('init='))?.slice('init='.length) ?? '';
  return { path, kind, lines, readOnly: access === 'ro', init };
}

const linesOf: Readonly<Record<BootConfig['kind'], (text: string) => string[]>> = {
  // Only the first line counts.
  'cmdline.txt': (text) => [text.split('\n')[0]?.trim() ?? ''].filter(Boolean),
  given: (text) => [text.trim()].filter(Boolean),
  'extlinux.conf': (text) => matches(text, /^[ \t]*(append)[ \t]+(.+)$/gim),
  'grub.cfg': (text) => matches(text, /^[ \t]*(linux(?:16|efi)?)[ \t]+\S+[ \t]+(.+)$/gm),
  // A script adds to what others have set.
  'boot.scr': (text) =>
    matches(
      text,
      /^[ \t]*(?:setenv|env set)[ \t]+(\w+)[ \t]+(.+)$/gm,
      (name) => name === 'bootargs' || name.includes('cmdline'),
    ).map(unquoted),
  environment: (text) =>
    matches(text, /^[ \t]*(\w+)[ \t]*=[ \t]*(.+)$/gm, (name) => /args|cmdline|^rootflags$/.test(name)),
};

/** The second group of each place whose first one is such a name. */
const matches = (text: string, pattern: RegExp, isSuch = (_name: string) => true): string[] =>
  [...text.matchAll(pattern)].filter(([, name = '']) => isSuch(name)).map(([, , found = '']) => found.trim());

const unquoted = (text: string): string => text.replace(/^(["'])(.*)\1$/, '$2');

/** U-Boot, include/image.h: a header of 64 bytes, big-endian; type 6 is a script, whose data begin with a list of lengths. */
const magic = 0x27051956;
const scriptType = 6;

/** The text of a script; undefined for what is none, or is damaged. */
function scriptOf(bytes: Uint8Array): string | undefined {
  const image = Buffer.from(bytes);
  if (image.length < 72 || image.readUInt32BE(0) !== magic || image.readUInt8(30) !== scriptType)
    return undefined;
  const header = Buffer.from(image.subarray(0, 64));
  header.writeUInt32BE(0, 4);
  const data = image.subarray(64, 64 + image.readUInt32BE(12));
  if (crc32(header) !== image.readUInt32BE(4) || crc32(data) !== image.readUInt32BE(24)) return undefined;
  return data.subarray(8, 8 + data.readUInt32BE(0)).toString('utf8');
}

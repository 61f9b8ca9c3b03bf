/**
 * Boot code of somebody else, for printf of a shell: says `text` on the first serial port and stops. `mov ds,0`,
 * `out dx,al` for each letter, `hlt`. It leaves the partition table of the sector alone.
 */
export const oldLoader = (text: string): string =>
  [
    String.raw`\061\300\216\330\272\370\003\276\025\174`,
    String.raw`\254\204\300\164\003\356\353\370\364\353\375${text}\n\000`,
  ].join('');

/** Puts it into the first sector of a disk: a line of a shell script. */
export const writeOldLoader = (disk: string, text: string): string =>
  `printf '${oldLoader(text)}' | dd of=${disk} conv=notrunc status=none`;

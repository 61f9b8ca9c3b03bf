/** A model of what GRUB does to kernel arguments, written from its sources: the script's quotes, then requoting. */

/** The words of one line of grub.cfg, for the quoting that script/yylex.l knows; no variables. */
export function grubScriptWords(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const char = line[at] ?? '';
    if (char === "'") {
      const end = line.indexOf("'", at + 1);
      if (end < 0) throw new Error('open quote');
      word = (word ?? '') + line.slice(at + 1, end);
      at = end;
    } else if (char === '\\') {
      at += 1;
      word = (word ?? '') + (line[at] ?? '');
    } else if (char === ' ' || char === '\t') {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (/["$;|&<>{}()[\]*?#~`!\n]/.test(char)) {
      throw new Error(`${char} means something to GRUB`);
    } else {
      word = (word ?? '') + char;
    }
  }
  return word === undefined ? words : [...words, word];
}

/**
 * What `linux` gives the kernel (grub_create_loader_cmdline). Debian 12's GRUB 2.06 escapes every backslash, as a
 * kernel started by it showed; later ones pass `\xHH` on.
 */
export const grubVersions = {
  '2.06': /["'\\]/g,
  '2.12': /["']|\\(?!x[0-9a-fA-F]{2})/g,
} as const;
export type GrubVersion = keyof typeof grubVersions;

export function grubRequote(words: readonly string[], version: GrubVersion): string {
  return words
    .map((word) => {
      const escaped = word.replaceAll(grubVersions[version], (char) => `\\${char}`);
      return word.includes(' ') ? `"${escaped}"` : escaped;
    })
    .join(' ');
}

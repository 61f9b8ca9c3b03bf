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

/** grub_create_loader_cmdline: the command line that `linux` gives the kernel. */
export function grubRequote(words: readonly string[]): string {
  return words
    .map((word) => {
      const escaped = word.replaceAll(/(\\x[0-9a-fA-F]{2})|["'\\]/g, (found, hex) => hex ?? `\\${found}`);
      return word.includes(' ') ? `"${escaped}"` : escaped;
    })
    .join(' ');
}

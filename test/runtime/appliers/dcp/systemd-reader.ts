/** What systemd makes of a unit's command line and of an environment file, written from its manual pages. */

const letters: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', s: ' ' },
  ...{ '\\': '\\', '"': '"', "'": "'" },
};

/** The last ExecStart= of a unit: program and arguments. systemd.syntax(7), systemd.service(5), systemd.unit(5). */
export function readExecStart(unit: string): readonly string[] {
  const line = unit.split('\n').findLast((text) => text.startsWith('ExecStart='));
  if (line === undefined) throw new Error('no ExecStart=');
  const [first = '', ...rest] = words(line.slice('ExecStart='.length));
  // With the prefix `:` variables are not expanded.
  const literal = first.startsWith(':');
  const unexpanded = [first.replace(/^:/, ''), ...rest].map(specifiers);
  if (!literal && unexpanded.some((word) => word.includes('$')))
    throw new Error('a variable would be expanded');
  return unexpanded;
}

function specifiers(word: string): string {
  return word.replaceAll(/%(.?)/gsu, (_, letter: string) => {
    if (letter !== '%') throw new Error(`the specifier %${letter} would be expanded`);
    return '%';
  });
}

/** "Quoting": quotes begin and end at the edges of a word, and escapes work inside and outside. */
function words(text: string): string[] {
  const found: string[] = [];
  let at = 0;
  for (;;) {
    while (/[ \t]/.test(text[at] ?? '')) at += 1;
    if (at >= text.length) return found;
    if (/^;(\s|$)/.test(text.slice(at))) throw new Error('a second command');
    let word = '';
    const quote = /["']/.test(text[at] ?? '') ? text[at] : undefined;
    if (quote !== undefined) at += 1;
    while (at < text.length && (quote === undefined ? !/\s/.test(text[at] ?? '') : text[at] !== quote)) {
      if (text[at] !== '\\') {
        word += text[at];
        at += 1;
        continue;
      }
      const code = /^\\(?:x([0-9a-f]{2})|u([0-9a-f]{4}))/i.exec(text.slice(at));
      const letter = letters[text[at + 1] ?? ''];
      if (code !== null) word += String.fromCharCode(Number.parseInt(code[1] ?? code[2] ?? '', 16));
      else if (letter !== undefined) word += letter;
      else throw new Error(`an unknown escape at ${at}`);
      at += code?.[0].length ?? 2;
    }
    if (quote !== undefined) {
      if (text[at] !== quote) throw new Error('a quote is not closed');
      at += 1;
      if (!/^(\s|$)/.test(text.slice(at))) throw new Error('something follows a quote');
    }
    found.push(word);
  }
}

/** systemd.exec(5), EnvironmentFile=, for files that have their values in double quotes. */
export function readEnvironmentFile(text: string): Record<string, string> {
  const variables: Record<string, string> = {};
  let rest = text.replaceAll(/^#.*\n/gm, '');
  while (rest !== '') {
    const entry = /^([A-Z0-9_]+)="((?:[^"\\]|\\.)*)"\n/s.exec(rest);
    if (entry === null) throw new Error(`not an assignment: ${rest}`);
    const [whole, name = '', value = ''] = entry;
    variables[name] = value.replaceAll(/\\(["\\`$])/g, '$1').replaceAll('\\\n', '');
    rest = rest.slice(whole.length);
  }
  return variables;
}

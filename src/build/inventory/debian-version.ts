/** Debian's order of versions (deb-version(7), "Sorting algorithm"), and stanzas of its control files (deb822(5)). */

/** Negative when `left` is older than `right`, 0 when they are equal. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [split(left), split(right)];
  return a.epoch - b.epoch || compareParts(a.upstream, b.upstream) || compareParts(a.revision, b.revision);
}

function split(version: string): { epoch: number; upstream: string; revision: string } {
  const colon = version.indexOf(':');
  const rest = version.slice(colon + 1);
  const dash = rest.lastIndexOf('-');
  return {
    epoch: colon < 0 ? 0 : Number(version.slice(0, colon)),
    upstream: dash < 0 ? rest : rest.slice(0, dash),
    revision: dash < 0 ? '' : rest.slice(dash + 1),
  };
}

/** Alternately what is not a number, by characters, and what is one, by value. */
function compareParts(left: string, right: string): number {
  for (let a = left, b = right; a !== '' || b !== ''; ) {
    const [wordA, wordB] = [/^[^0-9]*/.exec(a)?.[0] ?? '', /^[^0-9]*/.exec(b)?.[0] ?? ''];
    // One place beyond the shorter: an end sorts before a letter, and behind a tilde.
    for (let place = 0; place <= Math.max(wordA.length, wordB.length); place++) {
      const order = weight(wordA[place]) - weight(wordB[place]);
      if (order !== 0) return order;
    }
    [a, b] = [a.slice(wordA.length), b.slice(wordB.length)];
    const [numberA, numberB] = [/^[0-9]*/.exec(a)?.[0] ?? '', /^[0-9]*/.exec(b)?.[0] ?? ''];
    const order = BigInt(numberA || 0) - BigInt(numberB || 0);
    if (order !== 0n) return order < 0n ? -1 : 1;
    [a, b] = [a.slice(numberA.length), b.slice(numberB.length)];
  }
  return 0;
}

function weight(character: string | undefined): number {
  if (character === undefined) return 0;
  if (character === '~') return -1;
  return /[A-Za-z]/.test(character) ? character.charCodeAt(0) : character.charCodeAt(0) + 256;
}

/** The stanzas of a control file, each as its fields; of a field of several lines all of them. */
export function parseStanzas(text: string): ReadonlyMap<string, string>[] {
  return text
    .split(/\n(?:[ \t]*\n)+/)
    .filter((stanza) => stanza.trim() !== '')
    .map((stanza) => {
      const fields = new Map<string, string>();
      let last = '';
      for (const line of stanza.split('\n')) {
        const [, name, value] = /^([^\s:]+):[ \t]*(.*)$/.exec(line) ?? [];
        if (name !== undefined) {
          last = name;
          fields.set(name, value ?? '');
        } else if (/^[ \t]/.test(line) && last !== '') fields.set(last, `${fields.get(last)}\n${line}`);
      }
      return fields;
    });
}

/** The source of a binary package: `Source: NAME (VERSION)`, or the package itself. */
export function sourceOf(fields: ReadonlyMap<string, string>): { source: string; sourceVersion: string } {
  const [, name, version] = /^(\S+)(?:\s+\((\S+)\))?/.exec(fields.get('Source') ?? '') ?? [];
  return {
    source: name ?? fields.get('Package') ?? '',
    sourceVersion: version ?? fields.get('Version') ?? '',
  };
}

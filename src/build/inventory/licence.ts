/**
 * The licence of a package as an SPDX expression, from Debian's copyright file in its machine-readable form
 * (copyright-format 1.0). Whatever cannot be said with certainty is undefined: NOASSERTION, never a guess.
 */
import { parseStanzas } from './debian-version.ts';

/** Short names of copyright-format 1.0 and others that Debian's packages use, with what SPDX calls them. */
const known: Readonly<Record<string, string>> = {
  'agpl-3': 'AGPL-3.0-only',
  'apache-2.0': 'Apache-2.0',
  artistic: 'Artistic-1.0-Perl',
  'artistic-2.0': 'Artistic-2.0',
  'bsd-2-clause': 'BSD-2-Clause',
  'bsd-3-clause': 'BSD-3-Clause',
  'bsd-4-clause': 'BSD-4-Clause',
  'bsd-4-clause-uc': 'BSD-4-Clause-UC',
  'bsl-1.0': 'BSL-1.0',
  'cc-by-3.0': 'CC-BY-3.0',
  'cc-by-4.0': 'CC-BY-4.0',
  'cc-by-sa-3.0': 'CC-BY-SA-3.0',
  'cc-by-sa-4.0': 'CC-BY-SA-4.0',
  cc0: 'CC0-1.0',
  'cc0-1.0': 'CC0-1.0',
  curl: 'curl',
  expat: 'MIT',
  'gfdl-1.3+': 'GFDL-1.3-or-later',
  'gfdl-niv-1.3+': 'GFDL-1.3-no-invariants-or-later',
  'gpl-1+': 'GPL-1.0-or-later',
  'gpl-2': 'GPL-2.0-only',
  'gpl-2.0': 'GPL-2.0-only',
  'gpl-2+': 'GPL-2.0-or-later',
  'gpl-2.0+': 'GPL-2.0-or-later',
  'gpl-3': 'GPL-3.0-only',
  'gpl-3.0': 'GPL-3.0-only',
  'gpl-3+': 'GPL-3.0-or-later',
  'gpl-3.0+': 'GPL-3.0-or-later',
  hpnd: 'HPND',
  isc: 'ISC',
  'lgpl-2': 'LGPL-2.0-only',
  'lgpl-2+': 'LGPL-2.0-or-later',
  'lgpl-2.0+': 'LGPL-2.0-or-later',
  'lgpl-2.1': 'LGPL-2.1-only',
  'lgpl-2.1+': 'LGPL-2.1-or-later',
  'lgpl-3': 'LGPL-3.0-only',
  'lgpl-3+': 'LGPL-3.0-or-later',
  mit: 'MIT',
  'mpl-1.1': 'MPL-1.1',
  'mpl-2.0': 'MPL-2.0',
  openssl: 'OpenSSL',
  'psf-2': 'PSF-2.0',
  unicode: 'Unicode-DFS-2016',
  x11: 'X11',
  zlib: 'Zlib',
};

/** What npm packages of ours say, which is SPDX already. */
const identifiers = new Set([...Object.values(known), '0BSD', 'BlueOak-1.0.0', 'Python-2.0', 'Unlicense']);

/** Whether a text is an expression that this project would write: known names joined by AND and OR. */
export const isExpression = (text: string): boolean =>
  text
    .replace(/[()]/g, ' ')
    .split(/ (?:AND|OR) /)
    .every((name) => identifiers.has(name.trim()));

/** The expression for a copyright file: what each part of the package is under, all of it; undefined when unsure. */
export function licenceOf(copyright: string): string | undefined {
  const [header, ...stanzas] = parseStanzas(copyright);
  if (!/copyright-format\/1\.0/.test(header?.get('Format') ?? '')) return undefined;
  const names = new Set<string>();
  for (const stanza of stanzas) {
    if (!stanza.has('Files')) continue;
    const said = stanza.get('License')?.split('\n')[0]?.trim();
    const expression = said === undefined ? undefined : expressionOf(said);
    if (expression === undefined) return undefined;
    names.add(expression);
  }
  const all = [...names].toSorted();
  if (all.length === 0) return undefined;
  return all.map((name) => (all.length > 1 && name.includes(' OR ') ? `(${name})` : name)).join(' AND ');
}

/** `GPL-2+ or Artistic`: "and" binds closer than "or", a comma parts what is left (copyright-format 1.0, "Syntax"). */
function expressionOf(said: string): string | undefined {
  // A comma changes which of two words binds closer: left to a person.
  if (/,|\bwith\b/i.test(said) && /\b(and|or|with)\b/i.test(said)) return undefined;
  const alternatives = said.split(/\s+or\s+/i).map((alternative) => {
    const parts = alternative.split(/\s+and\s+/i).map((name) => known[name.trim().toLowerCase()]);
    if (parts.includes(undefined)) return undefined;
    return [...new Set(parts)].join(' AND ');
  });
  return alternatives.includes(undefined) ? undefined : [...new Set(alternatives)].join(' OR ');
}

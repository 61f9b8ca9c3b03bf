/** Templates that nobody has filled in: their names stand where the values should be. Pure. */

/** In words, or undefined. Names what it looks like, never what it says. */
export function templateIn(text: string): string | undefined {
  if (holds(text, '{{', '}}')) return 'a template ({{ … }})';
  if (holds(text, '<%', '%>')) return 'a template (<% … %>)';
  if (holds(text, '{%', '%}')) return 'a template ({% … %})';
  return /^\s*\$\{[A-Za-z_][\w.]*\}\s*$/.test(text) ? 'a template (${…})' : undefined;
}

/** One mark and, behind it, the other. A pattern would look behind each of many first ones. */
function holds(text: string, first: string, last: string): boolean {
  const start = text.indexOf(first);
  return start >= 0 && text.indexOf(last, start + first.length) >= 0;
}

export const unfilledTemplate = notFilledIn('a template ({{ … }})');

export function templateFault(text: string): string | undefined {
  const found = templateIn(text);
  return found === undefined ? undefined : notFilledIn(found);
}

function notFilledIn(template: string): string {
  return `is ${template} that is not filled in; fill it in first`;
}

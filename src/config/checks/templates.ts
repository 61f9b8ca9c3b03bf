/** Templates that nobody has filled in: their names stand where the values should be. Pure. */

/** How a template begins and ends, and what it is called. */
const marks = [
  ['{{', '}}', 'a template ({{ … }})'],
  ['<%', '%>', 'a template (<% … %>)'],
  ['{%', '%}', 'a template ({% … %})'],
] as const;

/** In words, or undefined. Names what it looks like, never what it says. */
export function templateIn(text: string): string | undefined {
  for (const [open, close, name] of marks) {
    const start = text.indexOf(open);
    if (start !== -1 && text.includes(close, start + open.length)) return name;
  }
  return /^\s*\$\{[A-Za-z_][\w.]*\}\s*$/.test(text) ? 'a template (${…})' : undefined;
}

export const unfilledTemplate = notFilledIn('a template ({{ … }})');

export function templateFault(text: string): string | undefined {
  const found = templateIn(text);
  return found === undefined ? undefined : notFilledIn(found);
}

function notFilledIn(template: string): string {
  return `is ${template} that is not filled in; fill it in first`;
}

/**
 * An unknown name as it may be shown. Who forgets the blank behind a colon (`password:hunter2`) has written a name
 * that ends in the secret.
 */
const longest = 64;

export function shownName(name: string): string {
  const [plain = ''] = /^[\w./[\]-]*/.exec(name) ?? [];
  const shown = plain.slice(0, longest);
  return shown === name ? name : `${shown}…`;
}

/** What to do about a name with a colon in it; empty for others. */
export const missingBlank = (name: string): string =>
  name.includes(':') ? '; write a blank behind the colon' : '';

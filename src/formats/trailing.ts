/** The ends of texts, looked at from behind: `/x+$/` looks again from each place of a long run that ends elsewhere. Pure. */

/** The text without the run of these characters at its end. */
export function withoutTrailing(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text[end - 1] ?? '')) end -= 1;
  return text.slice(0, end);
}

/** A path up to its last slash and with it; empty without one. */
export const folderPart = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1);

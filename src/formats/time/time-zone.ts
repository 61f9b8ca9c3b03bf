/**
 * Names of time zones (IANA). The controller looks them up as files, so capitals count and offsets such as +02:00 are
 * none; this machine's own data, those of Node.js, say which there are. Pure.
 */

/** What is wrong with the name; undefined for a zone that there is. */
export function timeZoneFault(name: string): string | undefined {
  if (name === 'Local') return 'is the clock of the controller, wherever that is; name a zone';
  const known = canonical(name);
  if (known === undefined || !/^[A-Za-z]/.test(name))
    return 'is not a time zone; write one such as Europe/Berlin';
  if (isCapitalised(name) && (known.toLowerCase() !== name.toLowerCase() || known === name)) return undefined;
  const better = known.toLowerCase() === name.toLowerCase() ? known : undefined;
  return `must have its capitals${better === undefined ? '' : `: ${better}`}; the controller looks for a file of that name`;
}

/** The name that ICU gives a zone, which for an older name is another one; undefined for no zone. */
function canonical(name: string): string | undefined {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

/** No part of a zone's name begins in lower case: `America/Port_of_Spain`. */
const isCapitalised = (name: string): boolean => name.split('/').every((part) => /^[A-Z]/.test(part));

/** Lines that YAML takes for text where a key or an element of a list was meant. Pure. */

/** What to write; undefined when nothing seems missing. */
export function blankAdvice(line: string): string | undefined {
  if (/^\s*-[^\s-]/.test(line)) return 'write a blank behind the hyphen';
  if (/^\s*(?:- +)*[\w.-]+:(?!\s|\/\/|$)/.test(line)) return 'write a blank behind the colon';
  return /^\s*(?:- +)*[\w.-]+\s*=/.test(line) ? 'write a colon and a blank in place of =' : undefined;
}

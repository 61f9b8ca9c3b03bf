/** Permission bits of files. YAML of other programs has them in decimal: 420 is 0644, 384 is 0600. Pure. */

const expected = 'expected permission bits in octal, such as 0644';

/** What is wrong with the text; an empty one leaves the default. */
export function modeFault(text: string): string | undefined {
  if (text === '') return undefined;
  const isOctal = /^(0o?)?[0-7]{1,4}$/.test(text);
  // Digits alone can be meant in either way.
  const decimal = /^[1-9]\d{0,3}$/.test(text) ? Number(text) : undefined;
  if (decimal === undefined || decimal > 0o7777) return isOctal ? undefined : expected;
  if (isOctal && isUsual(Number.parseInt(text, 8))) return undefined;
  if (!isUsual(decimal)) return isOctal ? undefined : expected;
  const octal = decimal.toString(8).padStart(4, '0');
  return `${text} in decimal is ${octal} in octal, which is what counts here: write "${octal}"`;
}

/** As a number. */
export const modeBits = (text: string): number => Number.parseInt(text.replace(/^0o/, ''), 8);

/** The owner may read or nobody may anything; nobody may more than those before him. */
function isUsual(mode: number): boolean {
  const [owner = 0, group = 0, others = 0] = [6, 3, 0].map((shift) => (mode >> shift) & 0o7);
  return (
    owner >= 4 && (owner & group) === group && (group & others) === others && others !== 1 && group !== 1
  );
}

/**
 * Boot counting. While a new deployment is on trial, `bos_tries` of the boot environment lists what is started next, one
 * letter a boot: `cccpppr` is three tries of the current deployment, three of the previous one, then the rescue entry,
 * which is never taken off. The boot menu takes the first letter off, and saves that, before it starts anything; opsctl
 * puts it back when the try ended in an orderly shutdown, and removes the variable when a boot proved itself. Without the
 * variable nothing is counted. Pure.
 */
import { refused } from '../errors.ts';

/** Of the boot environment. */
export const triesVariable = 'bos_tries';
/** The kernel argument that a counted boot carries: which deployment the menu has started. */
export const tryArgument = 'bos.upgrade.try';

/** The value of that argument while the system of a takeover is tried: nothing counts it but GRUB's one-time entry. */
export const takeoverTry = 't';

/** c: the current deployment. p: the previous one. r: the rescue entry. */
export type Try = 'c' | 'p' | 'r';

export const defaultTries = 3;
export const maximumTries = 9;

/** What a new trial begins with: `tries` of each deployment, a whole number from 1 to `maximumTries`. */
export const newTrial = (tries: number): string => `${'c'.repeat(tries)}${'p'.repeat(tries)}r`;

/**
 * The letters of `bos_tries`, what comes next first; empty when nothing is on trial. Throws `environment-invalid`
 * (refused) for a text that no menu and no opsctl has written.
 */
export function triesOf(text: string | undefined): readonly Try[] {
  if (text === undefined || text === '') return [];
  if (!/^c{0,9}p{0,9}r$/.test(text))
    throw refused('environment-invalid', `The boot environment has an unknown ${triesVariable}: "${text}"`);
  return [...text] as Try[];
}

/** The tries with one that did not count, such as one that a person ended, put back. */
export const putBack = (tries: readonly Try[], one: 'c' | 'p'): string => [one, ...tries].join('');

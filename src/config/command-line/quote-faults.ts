/**
 * Quotes on the kernel command line that do not do what they were written for: one that is never closed, or only by the
 * quote that was to open another value, which hides all between; apostrophes and the quotes of a word processor, which
 * are letters there. The argument does not count, for the initrd neither. Pure.
 */
import { beginsTypographic } from '../checks/typographic-quotes.ts';
import type { Row } from '../keys/keys.ts';
import type { KernelArgument } from './kernel-arguments.ts';
import { kernelWord } from './kernel-arguments.ts';
import { findTarget, seemsOurs } from './targets.ts';

export interface QuoteFault {
  readonly severity: 'error' | 'warning';
  /** In the text, from 0. */
  readonly offset: number;
  readonly message: string;
  /** Keys of which a value may be lost. */
  readonly rows: readonly Row[];
}

/** `amongOurs`: whether the line has arguments of ours at all; those of others are not ours to judge. */
export function quoteFault(argument: KernelArgument, amongOurs: boolean): QuoteFault | undefined {
  return argument.openQuote === undefined
    ? (apostrophe(argument) ?? closedByAnother(argument))
    : neverClosed(argument, argument.openQuote, amongOurs);
}

function neverClosed(argument: KernelArgument, offset: number, amongOurs: boolean): QuoteFault | undefined {
  const [, ...swallowed] = kernelWord(argument).split(/\s+/);
  const within = swallowed.flatMap((word) => findTarget(nameOf(word))?.row ?? []);
  const own = findTarget(nameOf(argument.name))?.row;
  const isOurs = own !== undefined || within.length > 0 || seemsOurs(argument.name);
  if (!isOurs && !amongOurs) return undefined;
  const names = [...new Set(within.map(({ name }) => name))].join(', ');
  const consequence = names === '' ? 'all that follows belongs to it' : `${names} belongs to it, too`;
  return {
    severity: isOurs ? 'error' : 'warning',
    offset,
    message: `opens a quote that is not closed, so ${consequence}; write " at the end of the value`,
    rows: own === undefined ? within : [own, ...within],
  };
}

/** `a="b c="d`: the quote that was to open the value of c has closed that of a. */
function closedByAnother(argument: KernelArgument): QuoteFault | undefined {
  const word = kernelWord(argument);
  const closing = [...word.matchAll(/\s([^\s"=]+)="/g)].map(([, name = '']) => name);
  // In a name that is not quoted as a whole, a quote that is still open where its = stands.
  const hidden = argument.name.split('"').length % 2 === 0 ? argument.name.split(/\s/).slice(1) : [];
  const within = [...hidden, ...closing].flatMap((name) => findTarget(name)?.row ?? []);
  if (within.length === 0) return undefined;
  const own = findTarget(nameOf(argument.name))?.row;
  const names = [...new Set(within.map(({ name }) => name))].join(', ');
  return {
    severity: 'error',
    offset: argument.offset,
    message: `has a quote that only the one behind ${names}= closes, so ${names} belongs to it; write " at the end of the value`,
    rows: own === undefined ? within : [own, ...within],
  };
}

/** In Linux's next_arg only `"` quotes. */
function apostrophe({ name, value, offset }: KernelArgument): QuoteFault | undefined {
  const quotedName = name.startsWith("'") || beginsTypographic(name);
  const own = findTarget(quotedName ? nameOf(name.slice(1)) : name)?.row;
  if (own === undefined || !(quotedName || value?.startsWith("'"))) return undefined;
  const quote = quotedName ? name.slice(0, 1) : "'";
  return {
    severity: 'error',
    offset,
    message: `begins with ${quote}, which is a letter to the kernel; write double quotes (")`,
    rows: [own],
  };
}

const nameOf = (word: string): string => word.replace(/=.*$/s, '').split(/\s/)[0] ?? '';

/**
 * The inputs that properties draw are the same in every run, so that what a change is judged by is the change alone;
 * `make soak` draws others (`PROPERTY_SEED=random`), and a number in their place repeats what one of its runs has found.
 */
import fc from 'fast-check';

const usual = 20260101;

/** The seed that `PROPERTY_SEED` asks for; undefined for another one in every run. Throws on what is not an integer. */
export function seedOf(asked: string | undefined): number | undefined {
  if (asked === 'random') return undefined;
  const seed = asked === undefined || asked === '' ? usual : Number(asked);
  if (!Number.isSafeInteger(seed))
    throw new Error(`PROPERTY_SEED must be "random" or an integer, not "${asked}"`);
  return seed;
}

const seed = seedOf(process.env.PROPERTY_SEED);
if (seed !== undefined) fc.configureGlobal({ seed });

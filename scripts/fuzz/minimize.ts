/** Makes an input smaller as long as it stays what it is. */

/**
 * Leaves out pieces, halves first, then smaller ones; `still` says whether what is left does the same. At most `tries`
 * questions.
 */
export async function minimized(
  input: Uint8Array,
  still: (smaller: Uint8Array) => Promise<boolean>,
  tries: number,
): Promise<Uint8Array> {
  let best = input;
  let left = tries;
  for (let length = Math.ceil(best.length / 2); length >= 1; length = Math.floor(length / 2)) {
    for (let from = 0; from < best.length && left > 0; left -= 1) {
      const smaller = Buffer.concat([best.subarray(0, from), best.subarray(from + length)]);
      if (await still(smaller)) best = smaller;
      else from += length;
    }
  }
  return best;
}

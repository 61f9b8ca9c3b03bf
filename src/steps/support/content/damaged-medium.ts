/** A medium whose files are not what its manifest says. */
import { refused } from '../../../errors.ts';

export const damaged = (what: string) =>
  refused('medium-damaged', `The medium is damaged: ${what}`, {
    hint: 'Check the ISO against its published checksum, write the medium again and install again.',
  });

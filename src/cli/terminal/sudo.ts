/** The command line to type for who is not root. */
import { programName } from '../reference/tree.ts';

/** `sudo opsctl install /dev/vda`, quoted as a shell takes it. */
export const sudoLine = (argv: readonly string[]) => ['sudo', programName, ...argv.map(quoted)].join(' ');

const quoted = (word: string) =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;

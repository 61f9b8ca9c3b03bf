/** Runs `opsctl announce`. */
import { announce } from '../../../runtime/announce/announce.ts';
import type { CommandAction } from '../../command.ts';

export const announceBoot: CommandAction = async ({ host, terminal, signal }) => {
  await announce(host, '/', { say: (line) => terminal.err(`bos: ${line}\n`), signal });
  return 0;
};

/**
 * The initrd has one script: os/initrd/init with the files of os/initrd/lib in the places where it names them. One
 * file cannot be there in part. So has a board: os/board/start, with those of os/board/parts too.
 */

const naming = /^\. ((?:lib|parts)\/[a-z-]+\.sh)$/;

/** The files that the text of os/initrd/init names, in its order. */
export const initParts = (init: string): string[] =>
  init.split('\n').flatMap((line) => naming.exec(line)?.[1] ?? []);

/** `read` gives the text of a file by the path that the script names. */
export async function joinInit(init: string, read: (path: string) => Promise<string>): Promise<string> {
  const texts = init.split('\n').map(async (line) => {
    const path = naming.exec(line)?.[1];
    return path === undefined ? line : (await read(path)).trimEnd();
  });
  return (await Promise.all(texts)).join('\n');
}

/** The whole script of the initrd, of the project whose files `read` gives by their paths. */
export const readInit = async (read: (path: string) => Promise<string>): Promise<string> =>
  joinInit(await read('os/initrd/init'), (path) => read(`os/initrd/${path}`));

/** The two scripts of a board: what is its /sbin/init, and what that has put the system together. */
export const readBoardScripts = async (read: (path: string) => Promise<string>): Promise<BoardScripts> => ({
  init: await read('os/board/init'),
  start: await joinInit(await read('os/board/start'), (path) =>
    read(path.startsWith('parts/') ? `os/board/${path}` : `os/initrd/${path}`),
  ),
});

export interface BoardScripts {
  readonly init: string;
  readonly start: string;
}

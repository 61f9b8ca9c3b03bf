/**
 * The initrd has one script: os/initrd/init with the files of os/initrd/lib in the places where it names them. One
 * file cannot be there in part.
 */

const naming = /^\. (lib\/[a-z-]+\.sh)$/;

/** The files that the text of os/initrd/init names, in its order. */
export const initParts = (init: string): string[] =>
  init.split('\n').flatMap((line) => naming.exec(line)?.[1] ?? []);

/** `read` gives the text of a file by its path in os/initrd. */
export async function joinInit(init: string, read: (path: string) => Promise<string>): Promise<string> {
  const texts = init.split('\n').map(async (line) => {
    const path = naming.exec(line)?.[1];
    return path === undefined ? line : (await read(path)).trimEnd();
  });
  return (await Promise.all(texts)).join('\n');
}

/** The whole script, of the project whose files `read` gives by their paths. */
export const readInit = async (read: (path: string) => Promise<string>): Promise<string> =>
  joinInit(await read('os/initrd/init'), (path) => read(`os/initrd/${path}`));

/** A host that remembers which files are open: on the real machine nothing else tells that one was not closed. */
import type { Host } from '../../src/host/ports.ts';

/** The same host; `open` has a path for each file that was opened and not closed yet, `count` how many ever were. */
export function watchingOpen(host: Host): { readonly host: Host; readonly open: string[]; count(): number } {
  const open: string[] = [];
  let count = 0;
  return {
    open,
    count: () => count,
    host: {
      ...host,
      files: {
        ...host.files,
        open: async (path, flags) => {
          const file = await host.files.open(path, flags);
          open.push(path);
          count += 1;
          return {
            get size() {
              return file.size;
            },
            read: (offset, length) => file.read(offset, length),
            readInto: (offset, into) => file.readInto(offset, into),
            write: (offset, bytes) => file.write(offset, bytes),
            sync: () => file.sync(),
            dropCache: () => file.dropCache(),
            close: () => {
              open.splice(open.indexOf(path), 1);
              return file.close();
            },
          };
        },
      },
    },
  };
}

/**
 * Which files a test has opened and not closed. A program that runs for long ends where it has too many, and Node.js
 * closes what is forgotten when it tidies up, in the midst of something else or not at all.
 */

import type { EventEmitter } from 'node:events';
import fs, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const open = new Map<FileHandle, string>();
const really = fs.open;

fs.open = async (path, ...rest) => {
  const handle = await really(path, ...rest);
  open.set(handle, `${path}`);
  // Told when it begins to close (Node.js, "Event: 'close'" of FileHandle); @types/node does not know of it.
  (handle as FileHandle & EventEmitter).once('close', () => open.delete(handle));
  return handle;
};
syncBuiltinESMExports();

/** Begins to watch; what is returned throws an Error that names the files that were opened since and still are. */
export function watchOpen(): () => void {
  const before = new Set(open.keys());
  return () => {
    const left = [...open].filter(([handle]) => !before.has(handle)).map(([, path]) => path);
    if (left.length > 0) throw new Error(`left open: ${left.join(', ')}`);
  };
}

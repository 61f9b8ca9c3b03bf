/**
 * What the operating system answers about a path that a person named is an ordinary refusal, not a fault of this
 * program. Commands that know more of it say so themselves; this is for every place that does not.
 */
import { basename, dirname, resolve } from 'node:path';
import { errorCode, messageOf, OpsError } from '../errors.ts';
import { IoFault } from '../host/io-fault.ts';
import { systemReason } from '../host/system-error.ts';

/** What was tried, by the system call. */
const attempts: Readonly<Record<string, string>> = {
  open: 'opened',
  mkdir: 'made',
  mkdtemp: 'made',
  rename: 'renamed',
  unlink: 'removed',
  rmdir: 'removed',
  rm: 'removed',
  scandir: 'read',
  opendir: 'read',
  read: 'read',
  readlink: 'read',
  write: 'written',
  fsync: 'written',
  ftruncate: 'written',
  truncate: 'written',
  symlink: 'made',
  link: 'made',
  copyfile: 'copied',
  cp: 'copied',
  chmod: 'changed',
  chown: 'changed',
  connect: 'reached',
};

/**
 * The refusal (`path-eacces`) for an error of the operating system about a path or a disk; any other error as it is.
 * `argv` says which paths a person named, relative to `folder`.
 */
export function withoutSystemErrors(error: unknown, argv: readonly string[], folder: string): unknown {
  if (error instanceof IoFault) return error.told();
  if (!(error instanceof Error) || error instanceof OpsError) return error;
  const { path, syscall = '' } = error as NodeJS.ErrnoException;
  const named = path !== undefined && isNamed(resolve(folder, path), argv, folder);
  const reason = systemReason(error, { named });
  // A program that does not start is not a path that was given.
  if (reason === undefined || syscall.startsWith('spawn')) return error;
  const { why, hint } = reason;
  const what = path === undefined ? 'A file' : path;
  const attempt = attempts[syscall] ?? 'used';
  return new OpsError(
    'refused',
    `path-${errorCode(error)?.toLowerCase()}`,
    `${what} cannot be ${attempt}: ${why}`,
    {
      hint,
      cause: error,
      ...(path === undefined ? { details: [messageOf(error)] } : {}),
    },
  );
}

/** A word of the command line is that path, leads there, or lies there: `-o=PATH`, `FILE:NAME` and `PATH:8G` too. */
function isNamed(path: string, argv: readonly string[], folder: string): boolean {
  const words = argv.flatMap((word) => [word, ...word.split(/[=:]/)]).filter((word) => word !== '');
  return words.some((word) => {
    const given = resolve(folder, word);
    return (
      path === given || path.startsWith(`${given}/`) || given.startsWith(`${path}/`) || isBeside(path, given)
    );
  });
}

/** Another name that a file has while it is written. */
const isBeside = (path: string, given: string) =>
  dirname(path) === dirname(given) && basename(path).includes(basename(given));

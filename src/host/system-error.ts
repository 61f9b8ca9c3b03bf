/** What the operating system answers, in words: errno(3) of an error that node:fs or node:net threw. */
import { errorCode, messageOf, type OpsError, refused } from '../errors.ts';

export interface SystemReason {
  /** `permission denied`: ends another sentence. */
  readonly why: string;
  /** What to do, a sentence or two. */
  readonly hint: string;
}

const reasons: Readonly<Record<string, readonly [why: string, hint: string]>> = {
  EACCES: ['permission denied', 'Choose another place, or run the same command with sudo.'],
  EPERM: ['the system does not permit it', 'Choose another place, or run the same command with sudo.'],
  EROFS: ['the file system is read-only', 'Choose another place.'],
  EEXIST: ['it already exists', 'Move it away, or choose another name.'],
  ENOTDIR: ['a part of the path is not a folder', 'Correct the path.'],
  EISDIR: ['it is a folder', 'Give a file.'],
  ENOTEMPTY: ['the folder is not empty', 'Empty it, or choose another one.'],
  ELOOP: ['its links lead in a circle', 'Correct the link.'],
  ENAMETOOLONG: ['the name is too long', 'Choose a shorter one.'],
  ENOSPC: ['no space is left on the disk', 'Free some space there, or choose another place.'],
  EDQUOT: ['your quota is used up', 'Free some space there, or choose another place.'],
  EFBIG: ['it is larger than can be read or written there', 'Choose a smaller file, or another place.'],
  E2BIG: ['the command line is too long', 'Give fewer or shorter names.'],
  EAGAIN: ['it has nothing to read now', 'Give a file.'],
  EIO: ['the disk reports an I/O error', 'The disk may be failing: see `sudo dmesg`.'],
  EBUSY: ['it is in use', 'End what uses it, then run the same command again.'],
  ETXTBSY: ['it is a program that is running', 'End it, then run the same command again.'],
  ENXIO: ['there is no device behind it', 'Name another one.'],
  ENODEV: ['there is no device behind it', 'Name another one.'],
  EMFILE: ['too many files are open', 'Raise the limit with `ulimit -n`.'],
  ENFILE: ['too many files are open on this machine', 'End some programs, then run the same command again.'],
  EXDEV: ['the two lie on different file systems', 'Choose a place on the same one.'],
};

/** Answers that are a mistake of the program when it chose the path itself. */
const ofNamedPaths: typeof reasons = {
  ENOENT: ['it does not exist, or a link on the way leads nowhere', 'Check the path.'],
  EINVAL: ['that place does not take it', 'Choose another one.'],
  EOPNOTSUPP: ['that place does not support it', 'Choose another one.'],
  ENOTSUP: ['that place does not support it', 'Choose another one.'],
};

/**
 * Undefined for what is not an answer of the operating system, or one that this does not know. `named`: a person
 * chose the path that the error is about.
 */
export function systemReason(
  error: unknown,
  { named }: { readonly named: boolean },
): SystemReason | undefined {
  const code = errorCode(error) ?? '';
  const found = reasons[code] ?? (named ? ofNamedPaths[code] : undefined);
  return found && { why: found[0], hint: found[1] };
}

/** Why a path that a person named cannot be used, in words; what the error says itself when there are none for it. */
export const whyNamed = (error: unknown): string =>
  systemReason(error, { named: true })?.why ?? messageOf(error);

/**
 * The refusal (exit code 3) of a file or folder that a person named and that cannot be read, or is missing: the same
 * command may be right on another machine. `what` is the path as it was given. Without `hint` it has that of the cause.
 */
export function cannotRead(code: string, what: string, cause: unknown, hint?: string): OpsError {
  const said = hint ?? systemReason(cause, { named: true })?.hint;
  return refused(code, `${what} cannot be read: ${whyNamed(cause)}`, {
    cause,
    ...(said === undefined ? {} : { hint: said }),
  });
}

/** The same where it was only looked for. */
export const notThere = (code: string, what: string, hint = 'Check the path.'): OpsError =>
  refused(code, `${what} does not exist`, { hint });

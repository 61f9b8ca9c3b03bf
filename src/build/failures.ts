/** What a person reads when a build fails for a reason outside the project: a full disk, a folder not writable. */
import { errorCode, OpsError, refused } from '../errors.ts';
import { ToolFailed } from '../host/tool-failed.ts';

/** Of strerror(3); tools print it in the C locale that they are run in. */
const fullDisk = /No space left on device|Disk quota exceeded|don't have enough free space/;

/** The error to show for `error`, which stopped work in `folder`. Nothing of that work is left by then. */
export function asBuildFailure(error: unknown, folder: string): unknown {
  if (!(error instanceof Error) || (error instanceof OpsError && error.code === 'no-space')) return error;
  const code = errorCode(error);
  if (isFullDisk(error, code)) {
    return new OpsError('undone', 'no-space', `The disk ran full while building in ${folder}`, {
      cause: error,
      ...(error instanceof OpsError ? { details: error.details.filter((line) => fullDisk.test(line)) } : {}),
      hint: 'Free some space, or use another folder with --cache (and TMPDIR, for temporary files). Finished stages are kept: the next build continues from them.',
    });
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return refused('folder-not-writable', `The build has no permission to write: ${error.message}`, {
      cause: error,
      hint: 'Use folders of your own with --cache and --output, or fix the ownership of those files.',
    });
  }
  return error;
}

/** The error to show for `error`, which stopped mmdebstrap. */
export function asInstallFailure(error: unknown): unknown {
  if (!(error instanceof ToolFailed) || isFullDisk(error, undefined)) return error;
  return new OpsError('undone', 'packages-not-installed', error.message, {
    cause: error,
    details: error.details,
    hint:
      'The lines above are the end of its output. It mounts and runs programs in a folder under TMPDIR, which must ' +
      'allow that (not noexec, not nodev). If packages do not fit together, the mirror was in the middle ' +
      'of an update: build again with --refresh.',
  });
}

function isFullDisk(error: Error, code: unknown): boolean {
  if (code === 'ENOSPC' || code === 'EDQUOT') return true;
  if (error instanceof ToolFailed) return fullDisk.test(error.stderr) || fullDisk.test(error.stdout);
  return error instanceof OpsError && error.details.some((line) => fullDisk.test(line));
}

/** What a person reads when the Debian packages cannot be installed. */
import test from 'ava';
import type { PackageLock } from '../../../src/build/packages/lock.ts';
import { baseStage } from '../../../src/build/stages/base.ts';
import { OpsError } from '../../../src/errors.ts';
import { fakeHost } from '../../fakes/host.ts';

const lists = { rootfs: ['systemd'], kernel: [], boot: [] };
const lock: PackageLock = { v: 1, arch: 'amd64', date: 1, packages: [] };

/** The failure of a build as root in which timeout, which starts mmdebstrap, ends with `stderr`. */
async function failureWith(stderr: string): Promise<OpsError> {
  const host = fakeHost({ tools: { unshare: () => '', timeout: () => ({ exitCode: 25, stderr }) } });
  const stage = baseStage(host, {
    lists,
    lock,
    scripts: { keymaps: '', customize: '' },
    beside: {},
    packages: async () => '/packages',
  });
  const made = stage.make({
    folder: '/out',
    from: {},
    percent: () => {},
    signal: new AbortController().signal,
  });
  const error: unknown = await made.catch((thrown: unknown) => thrown);
  if (error instanceof OpsError) return error;
  throw new Error('an OpsError was expected', { cause: error });
}

test('the failure is that of mmdebstrap, not of what starts it, with its last words and what to do', async (t) => {
  const lines = Array.from({ length: 30 }, (_, index) => `I: line ${index}`);
  const error = await failureWith(`${lines.join('\n')}\nE: setup failed: E: mount failed\n`);
  t.is(error.message, 'mmdebstrap failed with exit code 25');
  t.like(error, { kind: 'undone', code: 'packages-not-installed' });
  t.is(error.details.at(-1), 'E: setup failed: E: mount failed');
  t.false(error.details.includes('I: line 0'));
  t.regex(error.hint ?? '', /TMPDIR.*--refresh/s);
});

test('a full disk keeps its own words', async (t) => {
  const error = await failureWith('E: write failed: No space left on device\n');
  t.is(error.code, 'tool-failed', 'the stage makes it no-space');
});

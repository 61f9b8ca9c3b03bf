/** Ways in which a machine fails a step. */
import type { FakeSetup } from '../fakes/host.ts';
import type { Failure } from './case.ts';

/** A tool that fails. */
export const failing = (tool: string): Failure => ({
  spoil: (host) => host.tools.set(tool, () => ({ exitCode: 1 })),
  code: 'tool-failed',
});

export const otherCore: Failure = { spoil: { files: { '/boot/core.img': 'x' } }, code: 'source-changed' };

/** A device or file that takes what is written and keeps something else. */
export const forgets = (path: string): FakeSetup => ({
  onWrite: (written, _, data) => (written === path ? new Uint8Array(data.length).fill(0xee) : undefined),
});

/** From now on a device says that all is well, and keeps nothing of what it is given. */
export const keepsNothing = (path: string, code = 'read-back'): Failure => ({
  spoil: (host) => void Object.assign(host.devices.get(path) ?? {}, { write: () => {} }),
  code,
});

/** From now on a device does not take anything. */
export const takesNothing = (path: string): Failure => ({
  spoil: (host) =>
    void Object.assign(host.devices.get(path) ?? {}, {
      write: () => {
        throw Object.assign(new Error('EIO'), { code: 'EIO' });
      },
    }),
  code: 'EIO',
});

export const fails = (tool: string): FakeSetup => ({
  tools: { [tool]: () => ({ exitCode: 1, stderr: 'no' }) },
});

export const full: FakeSetup = {
  onWrite: () => {
    throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  },
};

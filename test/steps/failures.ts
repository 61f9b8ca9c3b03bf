/** Ways in which a machine fails a step. */
import type { FakeSetup } from '../fakes/host.ts';
import type { Failure } from './case.ts';

/** A tool that fails. */
export const failing = (tool: string): Failure => ({
  spoil: (host) => host.tools.set(tool, () => ({ exitCode: 1 })),
  code: 'tool-failed',
});

/** Tools that say all is well and have done nothing. */
export const idle = (...tools: readonly string[]): Failure => ({
  spoil: (host) => {
    for (const tool of tools) host.tools.set(tool, () => undefined);
  },
  code: 'read-back',
});

export const otherCore: Failure = { spoil: { files: { '/boot/core.img': 'x' } }, code: 'source-changed' };

/** A device or file that takes what is written and keeps something else. */
export const forgets = (path: string): FakeSetup => ({
  onWrite: (written, _, data) => (written === path ? new Uint8Array(data.length).fill(0xee) : undefined),
});

export const fails = (tool: string): FakeSetup => ({
  tools: { [tool]: () => ({ exitCode: 1, stderr: 'no' }) },
});

export const full: FakeSetup = {
  onWrite: () => {
    throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
  },
};

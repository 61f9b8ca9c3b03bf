/** What this process knows of its machine. */
import { availableParallelism } from 'node:os';
import { OpsError } from '../../errors.ts';
import type { System } from '../ports.ts';

const arches: Readonly<Record<string, System['arch']>> = { x64: 'amd64', arm64: 'arm64', arm: 'arm' };

export const system: System = {
  get env() {
    return process.env;
  },
  pid: process.pid,
  get uid() {
    return process.getuid?.() ?? -1;
  },
  get arch() {
    const arch = arches[process.arch];
    if (arch !== undefined) return arch;
    throw new OpsError(
      'refused',
      'arch-unknown',
      `Bhojpur OS does not know the architecture ${process.arch}`,
    );
  },
  get cpus() {
    return availableParallelism();
  },
  cwd: () => process.cwd(),
};

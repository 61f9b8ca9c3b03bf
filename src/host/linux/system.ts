/** What this process knows of its machine. */
import { availableParallelism, networkInterfaces } from 'node:os';
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
  addresses: () =>
    Object.values(networkInterfaces())
      .flatMap((found) => found ?? [])
      .filter(({ internal, address }) => !internal && !/^(fe[89ab][0-9a-f]:|169\.254\.)/i.test(address))
      .toSorted((a, b) => a.family.localeCompare(b.family))
      .map(({ address }) => address),
};

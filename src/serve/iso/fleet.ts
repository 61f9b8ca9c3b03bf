/** Machines, bases and what was computed of them, put together: the ISO of a machine as it is now. */
import { refused } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { invalid, machineRequest } from '../machines/request.ts';
import type { Machine, MachineStore, UsableMachine } from '../machines/store.ts';
import type { Base, BaseVersion } from './base.ts';
import { PersonalCache } from './cache.ts';
import { type PersonalIso, personalise } from './personal-iso.ts';

export interface HeldIso {
  readonly iso: PersonalIso;
  readonly base: BaseVersion;
  /** Of the machine, the base and everything else that the ISO is made of. */
  readonly key: string;
  release(): Promise<void>;
}

export interface FleetOptions {
  readonly host: Host;
  readonly bases: readonly Base[];
  readonly machines: MachineStore;
  readonly cacheBytes: number;
  /** Told the seconds that computing one took. */
  readonly computed: (seconds: number) => void;
}

export class Fleet {
  readonly machines: MachineStore;
  readonly cache: PersonalCache;
  readonly #options: FleetOptions;

  constructor(options: FleetOptions) {
    this.#options = options;
    this.machines = options.machines;
    this.cache = new PersonalCache(options.cacheBytes);
  }

  /**
   * Throws OpsError: (usage) `machine-invalid` for faults of the machine's file, `base-unknown`; and what the base or
   * the editor says.
   */
  async hold(machine: Machine): Promise<HeldIso> {
    const { host, computed } = this.#options;
    const usable = requireUsable(machine);
    const request = await machineRequest(host.files, usable);
    const base = await this.baseOf(usable).hold();
    try {
      const key = `${base.version} ${request.key}`;
      const iso = await this.cache.get(key, async () => {
        const began = host.clock.monotonic();
        const made = await personalise(host, base, request);
        computed((host.clock.monotonic() - began) / 1000);
        return made;
      });
      return { iso, base, key, release: () => base.release() };
    } catch (error) {
      await base.release();
      throw error;
    }
  }

  baseOf({ name, spec }: UsableMachine): Base {
    const { bases } = this.#options;
    const found = spec.base === undefined ? bases[0] : bases.find((base) => base.name === spec.base);
    if (found !== undefined) return found;
    throw refused('base-unknown', `The base of ${name} is not served`, {
      details: [`there are: ${bases.map((base) => base.name).join(', ')}`],
    });
  }

  async close(): Promise<void> {
    for (const base of this.#options.bases) await base.close();
  }
}

function requireUsable(machine: Machine): UsableMachine {
  const { spec } = machine;
  if (spec === undefined) throw invalid(machine, machine.faults);
  return { ...machine, spec };
}

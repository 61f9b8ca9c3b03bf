/** Machines, bases and what was computed of them, put together: the ISO of a machine as it is now. */
import { refused } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { invalid, type MachineRequest, machineRequest } from '../machines/request.ts';
import type { Machine, MachineStore, UsableMachine } from '../machines/store.ts';
import type { Base, BaseVersion } from './base.ts';
import { PersonalCache } from './cache.ts';
import { type Content, contentOf } from './content.ts';
import { type Netboot, netbootOf } from './netboot.ts';
import { personalise } from './personal-iso.ts';
import { withReport } from './reporting.ts';

/** What is sent, and the version of the base that its bytes are of; to be released. */
export interface Held<T> {
  readonly what: T;
  readonly base: BaseVersion;
}

export interface FleetOptions {
  readonly host: Host;
  readonly bases: readonly Base[];
  readonly machines: MachineStore;
  readonly cacheBytes: number;
  /** What a machine reports by; undefined for one that does not. */
  readonly reportFile: (machine: UsableMachine) => Buffer | undefined;
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
  hold(machine: Machine): Promise<Held<Content>> {
    const { host, computed } = this.#options;
    return this.#held(machine, async (base, request) => {
      const iso = await this.cache.get(`${base.version} ${request.key}`, async () => {
        const began = host.clock.monotonic();
        const made = await personalise(host, base, request);
        computed((host.clock.monotonic() - began) / 1000);
        return made;
      });
      return contentOf(iso);
    });
  }

  /** Kernel, initrd and script. Throws as `hold`, and what `netbootOf` does. */
  holdNetboot(machine: Machine): Promise<Held<Netboot>> {
    return this.#held(machine, (base, { request }) => netbootOf(base, request));
  }

  async #held<T>(
    machine: Machine,
    make: (base: BaseVersion, request: MachineRequest) => Promise<T>,
  ): Promise<Held<T>> {
    const usable = requireUsable(machine);
    const plain = await machineRequest(this.#options.host.files, usable);
    const base = await this.baseOf(usable).hold();
    try {
      const request = await withReport(plain, base, this.#options.reportFile(usable));
      return { what: await make(base, request), base };
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

/** Machines, bases and what was computed of them, put together: the ISO of a machine as it is now. */
import { refused } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import type { Image } from '../../iso/image.ts';
import { invalid, type MachineRequest, machineRequest } from '../machines/request.ts';
import type { Machine, MachineStore, UsableMachine } from '../machines/store.ts';
import type { Base, BaseVersion } from './base.ts';
import { PersonalCache } from './cache.ts';
import { type Content, contentOf } from './content.ts';
import type { Medium } from './medium.ts';
import { type Netboot, netbootOf } from './netboot.ts';
import { personaliseImage } from './personal-image.ts';
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
  hold(machine: Machine, kind: Medium['kind']): Promise<Held<Content>> {
    const { host, computed } = this.#options;
    return this.#held(machine, kind, async (base, request) => {
      const made = await this.cache.get(`${base.version} ${request.key}`, async () => {
        const began = host.clock.monotonic();
        const { medium } = base;
        const found =
          medium.kind === 'iso'
            ? await personalise(host, base, medium.image, request)
            : personaliseImage(base, medium.disk, request);
        computed((host.clock.monotonic() - began) / 1000);
        return found;
      });
      return contentOf(made);
    });
  }

  /** Kernel, initrd and script. Throws as `hold`, and what `netbootOf` does. */
  holdNetboot(machine: Machine): Promise<Held<Netboot>> {
    return this.#held(machine, 'iso', async (base, { request }) => netbootOf(base, isoOf(base), request));
  }

  async #held<T>(
    machine: Machine,
    kind: Medium['kind'],
    make: (base: BaseVersion, request: MachineRequest) => Promise<T>,
  ): Promise<Held<T>> {
    const usable = requireUsable(machine);
    const plain = await machineRequest(this.#options.host.files, usable);
    const base = await (await this.#baseOf(usable, kind)).hold();
    try {
      if (base.medium.kind !== kind) throw missing(kind);
      const request = await withReport(plain, base.medium, this.#options.reportFile(usable));
      return { what: await make(base, request), base };
    } catch (error) {
      await base.release();
      throw error;
    }
  }

  /** Whether there is a base of that kind. */
  async has(kind: Medium['kind']): Promise<boolean> {
    return (await this.#basesOf(kind)).length > 0;
  }

  /** The one that the machine names; the first one of the kind when it names none, or one of the other kind. */
  async #baseOf({ name, spec }: UsableMachine, kind: Medium['kind']): Promise<Base> {
    const { bases } = this.#options;
    if (spec.base !== undefined && bases.every((base) => base.name !== spec.base))
      throw refused('base-unknown', `The base of ${name} is not served`, {
        details: [`there are: ${bases.map((base) => base.name).join(', ')}`],
      });
    const found = await this.#basesOf(kind);
    const base = found.find((other) => other.name === spec.base) ?? found[0];
    if (base === undefined) throw missing(kind);
    return base;
  }

  async #basesOf(kind: Medium['kind']): Promise<readonly Base[]> {
    const { bases } = this.#options;
    const kinds = await Promise.all(bases.map((base) => base.kind()));
    return bases.filter((_, index) => kinds[index] === kind);
  }

  async close(): Promise<void> {
    for (const base of this.#options.bases) await base.close();
  }
}

const missing = (kind: Medium['kind']) =>
  refused('base-missing', `There is no ${kind === 'iso' ? 'ISO' : 'disk image'} to make one of`);

function isoOf({ medium }: BaseVersion): Image {
  if (medium.kind === 'iso') return medium.image;
  throw missing('iso');
}

function requireUsable(machine: Machine): UsableMachine {
  const { spec } = machine;
  if (spec === undefined) throw invalid(machine, machine.faults);
  return { ...machine, spec };
}

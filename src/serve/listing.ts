/** The machines that are served, as data for programs. */
import { formatDiagnostic } from '../config/diagnostics.ts';
import type { Base } from './iso/base.ts';
import type { MachineStore } from './machines/store.ts';

export interface Listing {
  readonly v: 1;
  readonly machines: readonly ListedMachine[];
  /** What is wrong with the file of all machines. */
  readonly faults: readonly string[];
}

export interface ListedMachine {
  readonly name: string;
  readonly base: string;
  /** Paths on this server; null where a token is part of them. */
  readonly iso: string | null;
  readonly sha256: string | null;
  readonly token: boolean;
  readonly once: boolean;
  readonly faults: readonly string[];
}

export async function listingOf(machines: MachineStore, bases: readonly Base[]): Promise<Listing> {
  const listed = (await machines.all()).map(({ name, spec, token, faults }): ListedMachine => {
    const iso = token === undefined ? `/iso/${encodeURIComponent(name)}.iso` : null;
    return {
      name,
      base: spec?.base ?? bases[0]?.name ?? '',
      iso,
      sha256: iso === null ? null : `${iso}.sha256`,
      token: token !== undefined,
      once: spec?.once === true,
      faults: faults.filter(({ severity }) => severity === 'error').map(formatDiagnostic),
    };
  });
  return { v: 1, machines: listed, faults: (await machines.faults()).map(formatDiagnostic) };
}

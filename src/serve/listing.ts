/** The machines that are served, as data for programs. */
import { formatDiagnostic } from '../config/diagnostics.ts';
import type { Files } from '../host/ports.ts';
import type { Base } from './iso/base.ts';
import type { Medium } from './iso/medium.ts';
import { sharedKeys } from './machines/by-key.ts';
import { lookedAt } from './machines/request.ts';
import type { Machine, MachineStore } from './machines/store.ts';
import type { ToldHistory } from './reports/history.ts';

export interface Listing {
  readonly v: 1;
  readonly machines: readonly ListedMachine[];
  /** What belongs to no machine: of the file with all of them, or files in the folder that are none. */
  readonly faults: readonly string[];
}

/** With what is known of it: `state`, `since`, `reports`. */
export interface ListedMachine extends ToldHistory {
  readonly name: string;
  readonly base: string;
  /** Paths on this server; null where a token is part of them, or where there is no base of that kind. */
  readonly iso: string | null;
  readonly sha256: string | null;
  readonly image: string | null;
  readonly token: boolean;
  readonly once: boolean;
  /** Errors, for which there is no ISO, and warnings, which say so. */
  readonly faults: readonly string[];
  /** Whether there is one. */
  readonly served: boolean;
}

export async function listingOf(
  files: Files,
  machines: MachineStore,
  bases: readonly Base[],
  told: (machine: string) => ToldHistory,
): Promise<Listing> {
  const listed: ListedMachine[] = [];
  const kinds = new Set(await Promise.all(bases.map((base) => base.kind())));
  const all = await machines.all();
  for (const machine of all) {
    const { name, spec, token } = machine;
    const pathOf = (kind: Medium['kind'], path: string) =>
      token === undefined && kinds.has(kind) ? path : null;
    const iso = pathOf('iso', `/iso/${encodeURIComponent(name)}.iso`);
    const looked = await lookedAt(files, machine);
    const unknown = unknownBase(machine, bases);
    const faults = [...looked.faults, ...unknown, ...sharedKeys(all, machine)];
    const served = looked.served && unknown.length === 0;
    listed.push({
      name,
      base: spec?.base ?? bases[0]?.name ?? '',
      iso,
      sha256: iso === null ? null : `${iso}.sha256`,
      image: pathOf('disk', `/image/${encodeURIComponent(name)}.img`),
      token: token !== undefined,
      once: spec?.once === true,
      ...{ faults, served },
      ...told(name),
    });
  }
  return { v: 1, machines: listed, faults: (await machines.faults()).map(formatDiagnostic) };
}

/** A line for a base that is not among those that are served. */
const unknownBase = ({ name, spec }: Machine, bases: readonly Base[]): string[] =>
  spec?.base === undefined || bases.some((base) => base.name === spec.base)
    ? []
    : [`${name}: base: ${spec.base} is not served; there are: ${bases.map((base) => base.name).join(', ')}`];

/** The kernel's own arguments for the network as a value of bos.network, checked like one that is written as such. Pure. */
import type { LayerEntry, ObjectValue } from '../config.ts';
import type { Diagnostic, Place } from '../diagnostics.ts';
import type { ObjectsRow } from '../keys/key-types.ts';
import { findKey } from '../keys/keys.ts';
import { objectsFault } from '../keys/objects-fault.ts';
import type { KernelArgument } from './kernel-arguments.ts';
import { kernelNetwork } from './kernel-network.ts';

export interface KernelNetworkEntry {
  /** Left out when the arguments say nothing, or when one of them has a fault. */
  readonly entry?: LayerEntry;
  /** Of bos.dns_nameservers: name servers that belong to no interface. */
  readonly nameservers?: LayerEntry;
  readonly diagnostics: readonly Diagnostic[];
}

/** `given`: our own key is there, which wins. Name servers of the whole machine count beside it. */
export function kernelNetworkEntry(
  all: readonly KernelArgument[],
  placeOf: (argument: KernelArgument) => Place,
  given: boolean,
): KernelNetworkEntry {
  const { interfaces, origins, faults, nameservers, nameserverOrigin } = kernelNetwork(all);
  const servers =
    nameserverOrigin === undefined
      ? {}
      : { nameservers: { value: nameservers, place: placeOf(nameserverOrigin) } };
  const first = interfaces.flatMap(({ name }) => origins.get(name) ?? [])[0];
  const tell = (argument: KernelArgument, severity: Diagnostic['severity'], message: string): Diagnostic => ({
    severity,
    place: placeOf(argument),
    key: argument.name,
    message,
    ...(severity === 'error' ? { about: ['bos.network'] } : {}),
  });
  if (given) {
    const message = 'is not used, because bos.network says how the network is set up';
    return { ...servers, diagnostics: first === undefined ? [] : [tell(first, 'note', message)] };
  }
  const diagnostics = faults.map(({ argument, severity, message }) => tell(argument, severity, message));
  const found =
    first === undefined
      ? undefined
      : objectsFault(findKey('bos.network') as ObjectsRow, interfaces as unknown as readonly ObjectValue[]);
  if (found !== undefined && first !== undefined) {
    const name = interfaces[found.index]?.name ?? '';
    diagnostics.push(tell(origins.get(name) ?? first, 'error', `${name}: ${found.field}: ${found.message}`));
  }
  const isFaulty = diagnostics.some(({ severity }) => severity === 'error');
  if (first === undefined || isFaulty) return { ...servers, diagnostics };
  const value = interfaces as unknown as readonly ObjectValue[];
  return { ...servers, entry: { value, place: placeOf(first) }, diagnostics };
}

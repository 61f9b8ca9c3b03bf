/**
 * From what was gathered to a list that bos.network takes: what other programs do and this one does not is left out, and
 * told. Whatever is left out, an interface that is not in the list asks DHCP, so that the machine has a network. Pure.
 */
import type { Interface } from '../checks/network/model.ts';
import { partsOf } from '../checks/network/model.ts';
import { addressBits, inOneOf, isLinkLocal, isWithin, readPrefix } from '../checks/network/prefixes.ts';
import type { ObjectFault, ObjectsRow, ObjectValue } from '../keys/key-types.ts';
import { findKey } from '../keys/keys.ts';
import { objectsFault } from '../keys/objects-fault.ts';
import { type Draft, type Gathered, oneLine, warn } from './gathered.ts';

/**
 * After so many the rest is not looked at. Each is looked for in the whole list, so of a list with thousands of routes it is
 * fewer: as many as come to so many looks at an entry.
 */
const mostFaults = 50;
const mostLooks = 50_000;

/** Changes the interfaces of `gathered` and returns those that are sound. */
export function settle(gathered: Gathered): readonly Interface[] {
  let list: readonly Draft[] = gathered.interfaces;
  for (const one of list) {
    reach(one);
    dropNeedless(one);
  }
  leadOut(gathered);
  const row = findKey('bos.network') as ObjectsRow;
  const size = list.reduce(
    (sum, { routes = [], addresses = [], nameservers = [] }) =>
      sum + 1 + routes.length + addresses.length + nameservers.length,
    0,
  );
  const turns = Math.max(1, Math.min(mostFaults, Math.floor(mostLooks / size)));
  // Each turn takes away a field or an entry.
  for (let turn = 0; ; turn += 1) {
    const fault = objectsFault(row, list as unknown as readonly ObjectValue[]);
    const one = fault && list[fault.index];
    if (fault === undefined || one === undefined) return list;
    if (turn === turns) {
      const words = `more than ${turns} faults; no interface is set up by it, and all are left to DHCP`;
      gathered.notes.push(['error', words]);
      return [];
    }
    list = without(list, one, fault, gathered);
  }
}

/** Of several ways out the one with the lowest metric counts; of equal ones the checks leave the first. */
function leadOut(gathered: Gathered): void {
  for (const key of ['gateway4', 'gateway6'] as const) {
    const all = gathered.interfaces.filter((one) => one[key] !== undefined);
    const metricOf = (one: Draft) => gathered.metrics.get(one)?.[key] ?? 0;
    const best = all.reduce<Draft | undefined>(
      (least, one) => (least === undefined || metricOf(one) < metricOf(least) ? one : least),
      undefined,
    );
    if (best === undefined || best === all[0]) continue;
    for (const one of all) {
      if (one === best) continue;
      const why = `${best.name} has a default route with a lower metric; one interface leads out; it is left out`;
      warn(gathered, `${one.name}: ${key}`, why);
      delete one[key];
      if ((one.gateway4 ?? one.gateway6) === undefined) delete one.on_link;
    }
  }
}

/** A gateway in none of the networks is one on the link: what else would it be given for? */
function reach(one: Draft): void {
  const prefixes = (one.addresses ?? []).flatMap((text) => readPrefix(text) ?? []);
  let isNeeded = false;
  for (const text of [one.gateway4, one.gateway6]) {
    const gateway = text === undefined ? undefined : addressBits(text);
    const same = prefixes.filter(({ family }) => family === gateway?.family);
    if (gateway === undefined || same.length === 0 || isLinkLocal(gateway)) continue;
    if (!same.some((prefix) => isWithin(prefix, gateway))) isNeeded = true;
  }
  if (isNeeded) one.on_link = 'true';
  else delete one.on_link;
}

/** Routes to a router of another route that is on the link by the addresses, is the gateway, or has such a route already. */
function dropNeedless(one: Draft): void {
  const vias = new Set((one.routes ?? []).map(({ via }) => via));
  const isNear = inOneOf((one.addresses ?? []).flatMap((text) => readPrefix(text) ?? []));
  const seen = new Set<string | undefined>([one.gateway4, one.gateway6]);
  const routes = (one.routes ?? []).filter(({ to, via }) => {
    const router = /^(?:([\d.]+)\/32|(.*:.*)\/128)$/
      .exec(to)
      ?.slice(1)
      .find((text) => text !== undefined);
    const read = addressBits(router ?? '');
    if (via !== undefined || read === undefined || !vias.has(router)) return true;
    if (seen.has(router) || isLinkLocal(read) || isNear(read)) return false;
    seen.add(router);
    return true;
  });
  if (routes.length > 0) one.routes = routes;
  else delete one.routes;
}

/** What is lost without the machine losing its network. */
const droppable = [
  'routes',
  'gateway4',
  'gateway6',
  'on_link',
  'nameservers',
  'search',
  'mtu',
  'wake_on_lan',
];

function without(
  list: readonly Draft[],
  one: Draft,
  fault: ObjectFault,
  gathered: Gathered,
): readonly Draft[] {
  const [, field = '', digits] = /^(\w+)(?:\[(\d+)\])?/.exec(fault.field) ?? [];
  const at = `${one.name}: ${fault.field}`;
  // One faulty address does not spoil the others of its interface.
  const isOneOf = field === 'addresses' && digits !== undefined && (one.addresses ?? []).length > 1;
  if (droppable.includes(field) || isOneOf) {
    const severity = isOneOf ? 'error' : 'warning';
    gathered.notes.push([severity, oneLine(`${at}: ${fault.message}; it is left out`)]);
    const index = Number(digits ?? -1);
    const value = one[field as keyof Draft];
    const rest =
      Array.isArray(value) && digits !== undefined ? value.filter((_, place) => place !== index) : [];
    const changed = { ...one, [field]: rest.length > 0 ? rest : undefined };
    if (rest.length === 0) delete changed[field as keyof typeof changed];
    return list.map((other) => (other === one ? changed : other));
  }
  const isDhcp = field === 'dhcp4' || field === 'dhcp6';
  const made = isDhcp ? list.filter((other) => partsOf(other).includes(one.name)) : [];
  // What asks DHCP stays what it is, and is not part of anything.
  if (made.length > 0) {
    for (const { name } of made)
      gathered.notes.push([
        'error',
        `${oneLine(name)}: is not made, as ${oneLine(one.name)} asks DHCP itself`,
      ]);
    return list.filter((other) => !made.includes(other));
  }
  const isMade = (one.vlan ?? one.bond ?? one.bridge) !== undefined;
  const left = isMade ? 'it is not made' : 'this interface is left to DHCP';
  gathered.notes.push(['error', oneLine(`${at}: ${fault.message}; ${left}`)]);
  const rest = list.filter((other) => other !== one);
  return isMade ? freed(rest, partsOf(one)) : rest;
}

/** What nothing is made of any more asks DHCP as it would without a word: it was told not to only as a part. */
function freed(list: readonly Draft[], parts: readonly string[]): readonly Draft[] {
  const still = new Set(list.flatMap(partsOf));
  return list.map((one) => {
    if (!parts.includes(one.name) || still.has(one.name) || (one.addresses ?? []).length > 0) return one;
    const { dhcp4, dhcp6, ...others } = one;
    return dhcp4 === 'true' || dhcp6 === 'true' ? one : others;
  });
}

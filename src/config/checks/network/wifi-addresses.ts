/** Fixed addresses of a wireless network: what connman's service has, one of a kind with a gateway in its network. Pure. */
import type { ObjectFault } from '../../keys/key-types.ts';
import { interfaceFault } from './interface.ts';
import { familyOf } from './model.ts';
import { addressBits, isLinkLocal, isWithin, readPrefix } from './prefixes.ts';

export interface WifiAddresses {
  readonly addresses?: readonly string[];
  readonly gateway4?: string;
  readonly gateway6?: string;
}

export function wifiAddressFault({
  addresses = [],
  gateway4,
  gateway6,
}: WifiAddresses): ObjectFault | undefined {
  for (const family of [4, 6] as const) {
    const [, second] = familyOf(addresses, family);
    if (second !== undefined)
      return {
        field: `addresses[${addresses.indexOf(second)}]`,
        message: `is a second address of IPv${family}; a wireless network has one of a kind`,
      };
  }
  for (const [field, gateway] of Object.entries({ gateway4, gateway6 })) {
    const read = addressBits(gateway ?? '');
    const own = addresses.map(readPrefix).find((prefix) => prefix?.family === read?.family);
    if (read === undefined || own === undefined || isLinkLocal(read) || isWithin(own, read)) continue;
    return { field, message: `${gateway} is outside of ${own.address}/${own.length}` };
  }
  return interfaceFault({
    name: 'wifi',
    addresses,
    ...(gateway4 === undefined ? {} : { gateway4 }),
    ...(gateway6 === undefined ? {} : { gateway6 }),
  });
}

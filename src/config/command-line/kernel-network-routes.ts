/** Routes of the kernel's arguments: rd.route= of dracut (dracut.cmdline(7)), and the other end of a cable. Pure. */
import type { Interface } from '../checks/network/model.ts';
import { addressBits, isLinkLocal, isWithin, networkOf, readPrefix } from '../checks/network/prefixes.ts';
import type { KernelArgument } from './kernel-arguments.ts';
import type { Draft, Drafts } from './kernel-network-drafts.ts';
import {
  type AddressField,
  type Fields,
  maskLength,
  NetworkFault,
  plain,
  widthOf,
} from './kernel-network-fields.ts';

/** NETWORK:GATEWAY[:INTERFACE]. `asksAll`: an interface that nothing else names asks DHCP. */
export function addKernelRoute(
  drafts: Drafts,
  argument: KernelArgument,
  [network = '', gateway = '', name = '']: Fields,
  asksAll: boolean,
): void {
  const via = plain(gateway);
  const to = targetOf(plain(network), via);
  const all = drafts.all();
  const router = addressBits(via);
  const draft = name === '' ? ofRouter(all, router) : drafts.get(name);
  if (draft === undefined && (name === '' || !asksAll))
    throw new NetworkFault('belongs to no interface that has an address here');
  const one = draft ?? drafts.entry(name, argument);
  if (draft === undefined) one.dhcp4 = 'true';
  if (readPrefix(to)?.length !== 0) {
    one.routes = [...(one.routes ?? []), { to, ...(via === '' ? {} : { via }) }];
    return;
  }
  if (router === undefined) throw new NetworkFault('a default route needs a gateway');
  const key = router.family === 4 ? 'gateway4' : 'gateway6';
  const before = one[key];
  if (before !== undefined && before !== via)
    throw new NetworkFault(`${via} is a second gateway beside ${before}`);
  one[key] = via;
  if (!isLinkLocal(router) && !isReached(one, router)) one.on_link = 'true';
}

/** A mask may be a length or dotted; without one it is a single machine. What cannot be read is refused later. */
function targetOf(text: string, via: string): string {
  if (text === 'default') return via.includes(':') ? '::/0' : '0.0.0.0/0';
  const [address = '', mask = ''] = text.split('/');
  const family = addressBits(address)?.family;
  const length = family === undefined ? undefined : maskLength(mask, family);
  return length === undefined ? text : `${address}/${length}`;
}

type Address = ReturnType<typeof addressBits>;

/** The one in whose network the router is; else the only one that asks, whose network nobody knows yet. */
function ofRouter(all: readonly Draft[], router: Address): Draft | undefined {
  if (router === undefined) return undefined;
  const asking = all.filter((one) => (router.family === 4 ? one.dhcp4 : one.dhcp6) === 'true');
  return all.find((one) => isReached(one, router)) ?? (asking.length === 1 ? asking[0] : undefined);
}

const isReached = ({ addresses = [] }: Interface, router: NonNullable<Address>): boolean =>
  addresses.some((text) => {
    const prefix = readPrefix(text);
    return prefix !== undefined && isWithin(prefix, router);
  });

/** The other end of a cable is reached on the link; a gateway is so anyway. */
export function addPeer(draft: Draft, peer: AddressField): void {
  const { address, family, length = `${widthOf(peer)}` } = peer;
  const network = networkOf(`${address}/${length}`);
  if (network === undefined) throw new NetworkFault(`expected the length of a network, found "${length}"`);
  const [to = ''] = network.split('/');
  draft.routes = [...(draft.routes ?? []), { to: `${family === 4 ? to : shortest(to)}/${length}` }];
}

/** Of IPv6, with its longest run of zeros left out. */
const shortest = (address: string): string => new URL(`http://[${address}]`).hostname.slice(1, -1);

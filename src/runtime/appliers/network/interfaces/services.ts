/** What connman does of bos.network, as its provisioning file (connman-service.config(5)). Pure. */
import type { Interface } from '../../../../config/checks/network/model.ts';
import { familyOf, hasDhcp, ours } from '../../../../config/checks/network/model.ts';
import { provisionedAddress, serviceSection } from './service-section.ts';

/** Empty when every interface is left to DHCP, which needs no file. */
export function connmanServices(all: readonly Interface[]): string {
  const own = new Set(ours(all));
  const sections = all.filter((one) => !own.has(one) && differs(one)).map(section);
  const head = '# From bos.network: made anew at every boot.\n';
  return sections.length === 0 ? '' : [head, ...sections].join('\n');
}

/** From what connman does by itself. */
const differs = (one: Interface): boolean =>
  !hasDhcp(one, 4) || !hasDhcp(one, 6) || (one.nameservers ?? []).length + (one.search ?? []).length > 0;

function section(one: Interface): string {
  const { name, mac, addresses = [], gateway4, gateway6, nameservers = [], search = [] } = one;
  const [fourth] = familyOf(addresses, 4);
  const [sixth] = familyOf(addresses, 6);
  const fixed = (address: string | undefined, gateway: string | undefined) =>
    address === undefined ? undefined : provisionedAddress(address, gateway);
  return serviceSection({
    id: `bos_${Buffer.from(name).toString('hex')}`,
    match: mac === undefined ? `DeviceName=${name}` : `MAC=${mac.toLowerCase()}`,
    fourth: fixed(fourth, gateway4) ?? (hasDhcp(one, 4) ? 'dhcp' : 'off'),
    sixth: fixed(sixth, gateway6) ?? (hasDhcp(one, 6) ? 'auto' : 'off'),
    nameservers,
    search,
  });
}

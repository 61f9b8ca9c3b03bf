/**
 * A file of systemd-networkd (systemd.network(5)) as words without blanks: a section, or `KEY=VALUE` of the one before.
 * /usr/lib/bhojpur/network, which has found the interface, puts it behind a section [Match]. Pure.
 */
import type { Interface } from '../../../../config/checks/network/model.ts';

/** With a fixed address, too: one interface has one owner. `asked`: for which kinds of addresses. */
export function networkFile(one: Interface, asked: readonly (4 | 6)[]): readonly string[] {
  const { addresses = [], gateway4, gateway6, on_link, routes = [] } = one;
  const onLink = on_link === 'true' ? ['GatewayOnLink=yes'] : [];
  const gateways = [gateway4, gateway6].flatMap((gateway) => gateway ?? []);
  return [
    'Network',
    `DHCP=${asked.includes(4) ? 'ipv4' : 'no'}`,
    // DHCPv6 follows when the router says so.
    `IPv6AcceptRA=${asked.includes(6) ? 'yes' : 'no'}`,
    // A new start of networkd is no reason to lose a session.
    'KeepConfiguration=dhcp-on-stop',
    'LLMNR=no',
    ...addresses.map((address) => `Address=${address}`),
    // As connman names itself: leases that are kept for a MAC address stay those of this machine.
    ...['DHCPv4', 'ClientIdentifier=mac', 'UseHostname=no', 'UseDomains=yes'],
    ...['DHCPv6', 'UseHostname=no', 'UseDomains=yes'],
    ...['IPv6AcceptRA', 'UseDomains=yes'],
    ...gateways.flatMap((gateway) => ['Route', `Gateway=${gateway}`, ...onLink]),
    ...routes.flatMap(({ to, via, metric }) => [
      ...['Route', `Destination=${to}`],
      ...(via === undefined ? [] : [`Gateway=${via}`, ...(gateways.includes(via) ? onLink : [])]),
      ...(metric === undefined ? [] : [`Metric=${metric}`]),
    ]),
  ];
}

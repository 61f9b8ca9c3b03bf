/** What this process knows of its machine. */
import { availableParallelism, type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { architectureOfNode } from '../../architectures.ts';
import { OpsError } from '../../errors.ts';
import type { System } from '../ports.ts';

export const system: System = {
  get env() {
    return process.env;
  },
  pid: process.pid,
  get uid() {
    return process.getuid?.() ?? -1;
  },
  get arch() {
    const known = architectureOfNode(process.arch);
    if (known !== undefined) return known.name;
    throw new OpsError(
      'refused',
      'arch-unknown',
      `Bhojpur OS does not know the architecture ${process.arch}`,
    );
  },
  get cpus() {
    return availableParallelism();
  },
  cwd: () => process.cwd(),
  addresses: () => ownAddresses(networkInterfaces()),
};

/** Interfaces of containers and clusters, as in os/overlay/etc/connman/main.conf: nobody gets in by their addresses. */
export const containerInterfaces =
  'veth,cni,flannel,cilium,lxc,cali,tunl,vxlan,docker,br-,virbr,vmnet,vboxnet,ifb,ve-,vb-,kube-,dummy,nodelocaldns,cbr,weave,antrea,ovs,ovn,genev,vti,podman,kilo'.split(
    ',',
  );

/** At which others reach the machine with these interfaces, IPv4 first. */
export const ownAddresses = (
  interfaces: Readonly<
    Record<string, readonly Pick<NetworkInterfaceInfo, 'internal' | 'address' | 'family'>[] | undefined>
  >,
): string[] =>
  Object.entries(interfaces)
    .filter(([name]) => !containerInterfaces.some((prefix) => name.startsWith(prefix)))
    .flatMap(([, found]) => found ?? [])
    .filter(({ internal, address }) => !internal && !/^(fe[89ab][0-9a-f]:|169\.254\.)/i.test(address))
    .toSorted((a, b) => a.family.localeCompare(b.family))
    .map(({ address }) => address);

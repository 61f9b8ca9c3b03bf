/** The rows of the table of keys about interfaces of the network: which they are, and what they have. */
import { interfaceFault } from '../checks/network/interface.ts';
import { interfacesFault } from '../checks/network/interfaces.ts';
import * as network from '../checks/network/values.ts';
import type { FieldRow, KeyRow } from './key-types.ts';

/** Of bos.wifi: the same names as in bos.network, as far as connman's service has them. */
export const wifiAddressFields = [
  {
    name: 'addresses',
    aliases: ['address'],
    type: 'strings',
    decides: true,
    check: network.interfaceAddress,
    help: 'A fixed address with the length of its network, one of IPv4 and one of IPv6; without any, DHCP.',
  },
  {
    name: 'gateway4',
    type: 'string',
    decides: true,
    check: network.gateway4,
    help: 'The router for IPv4, in the network of the address.',
  },
  {
    name: 'gateway6',
    type: 'string',
    decides: true,
    check: network.gateway6,
    help: 'The same for IPv6.',
  },
  {
    name: 'nameservers',
    aliases: ['nameserver'],
    type: 'strings',
    decides: true,
    check: network.nameServerAddress,
    help: 'Name servers, by address.',
  },
] as const satisfies readonly FieldRow[];

export const networkKeys = [
  {
    name: 'bos.network',
    type: 'objects',
    phases: ['boot', 'runtime'],
    decides: 'network',
    fields: [
      {
        name: 'name',
        type: 'string',
        required: true,
        decides: true,
        check: network.interfaceName,
        help: 'The name of the interface: the one it has, or for a VLAN, a bond or a bridge the one it gets. With mac, driver or path any name, by which the other entries refer to it.',
      },
      {
        name: 'mac',
        type: 'string',
        decides: true,
        check: network.macAddress,
        help: 'Whichever interface has this MAC address by its hardware.',
      },
      {
        name: 'driver',
        type: 'string',
        decides: true,
        check: network.driverName,
        help: 'The first interface with this driver.',
      },
      {
        name: 'path',
        type: 'string',
        decides: true,
        check: network.devicePath,
        help: "The interface at this place in the machine, as udev's ID_PATH says it.",
      },
      {
        name: 'dhcp4',
        type: 'boolean',
        decides: true,
        help: 'Ask for an IPv4 address. Left out it is true without addresses, except for a VLAN, a bond, a bridge and what these are made of; a member cannot ask.',
      },
      {
        name: 'dhcp6',
        type: 'boolean',
        decides: true,
        help: 'Take IPv6 addresses from routers and DHCPv6; left out it is true where dhcp4 is and no address is given.',
      },
      {
        name: 'addresses',
        aliases: ['address'],
        type: 'strings',
        decides: true,
        check: network.interfaceAddress,
        help: 'Addresses with the lengths of their networks: 192.168.1.10/24, 2001:db8::5/64.',
      },
      {
        name: 'gateway4',
        type: 'string',
        decides: true,
        check: network.gateway4,
        help: 'The router for all of IPv4 that has no other route.',
      },
      {
        name: 'gateway6',
        type: 'string',
        decides: true,
        check: network.gateway6,
        help: 'The same for IPv6.',
      },
      {
        name: 'on_link',
        type: 'boolean',
        decides: true,
        help: 'The gateways are reached directly, though no network of addresses has them: for /32 and /128.',
      },
      {
        name: 'routes',
        aliases: ['route'],
        type: 'objects',
        decides: true,
        fields: [
          {
            name: 'to',
            type: 'string',
            required: true,
            decides: true,
            check: network.routeTarget,
            help: 'The network.',
          },
          {
            name: 'via',
            type: 'string',
            decides: true,
            check: network.routeGateway,
            help: 'The router; without it the network is on the link itself.',
          },
          {
            name: 'metric',
            type: 'string',
            decides: true,
            check: network.metric,
            help: 'Of two routes to the same network the one with the lower metric counts.',
          },
        ],
        help: 'Further routes.',
      },
      {
        name: 'nameservers',
        aliases: ['nameserver'],
        type: 'strings',
        decides: true,
        check: network.nameServerAddress,
        help: 'Name servers, by address.',
      },
      {
        name: 'search',
        type: 'strings',
        decides: true,
        check: network.searchDomain,
        help: 'Domains in which names without a dot are looked for.',
      },
      {
        name: 'mtu',
        type: 'string',
        decides: true,
        check: network.mtu,
        help: 'The largest packet in bytes, 576 to 65535; with IPv6 from 1280.',
      },
      {
        name: 'vlan',
        type: 'object',
        decides: true,
        fields: [
          {
            name: 'id',
            type: 'string',
            required: true,
            decides: true,
            check: network.vlanId,
            help: 'Its number, 1 to 4094.',
          },
          {
            name: 'link',
            type: 'string',
            required: true,
            decides: true,
            check: network.interfaceName,
            help: 'The entry whose interface carries it.',
          },
        ],
        help: 'Makes a VLAN.',
      },
      {
        name: 'bond',
        type: 'object',
        decides: true,
        fields: [
          {
            name: 'members',
            type: 'strings',
            required: true,
            decides: true,
            check: network.interfaceName,
            help: 'The entries of its interfaces.',
          },
          {
            name: 'mode',
            type: 'string',
            decides: true,
            choices: [
              ...(['balance-rr', 'active-backup', 'balance-xor', 'broadcast', '802.3ad'] as const),
              ...(['balance-tlb', 'balance-alb'] as const),
            ],
            help: 'How they share the work; active-backup when left out.',
          },
        ],
        help: 'Makes one interface of several.',
      },
      {
        name: 'bridge',
        type: 'object',
        decides: true,
        fields: [
          {
            name: 'members',
            type: 'strings',
            required: true,
            decides: true,
            check: network.interfaceName,
            help: 'The entries of its interfaces; [] for a bridge without any.',
          },
        ],
        help: 'Makes a bridge.',
      },
      {
        name: 'wake_on_lan',
        type: 'boolean',
        decides: true,
        help: 'Whether a magic packet turns the machine on; without it what the firmware has set.',
      },
    ],
    checkObject: interfaceFault,
    checkList: interfacesFault,
    help: 'Interfaces of the network, each with what it has; an interface that is not in the list asks DHCP. A fault in one costs the whole list.',
    example: 'bos.network.name=eth0 bos.network.addresses=192.168.1.10/24 bos.network.gateway4=192.168.1.1',
  },
] as const satisfies readonly KeyRow[];

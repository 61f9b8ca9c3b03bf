/** Single values of bos.network. Each check says what was expected. Pure. */
import type { Check } from '../../keys/key-types.ts';
import { addressBits, isLoopback, isNetwork, isUsable, readPrefix, wholeNetwork } from './prefixes.ts';

/** IFNAMSIZ of Linux leaves 15 bytes; the kernel has folders of these two names beside the interfaces. */
export const interfaceName: Check = (value) =>
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$/.test(value) && !['all', 'default', 'lo'].includes(value)
    ? undefined
    : 'expected the name of an interface, such as eth0: letters, digits, ".", "_" and "-", at most 15 of them';

/** A bit of the first byte marks groups (IEEE 802-2014, 8.2). */
export const macAddress: Check = (value) =>
  /^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/i.test(value) && !/^(00:){5}00$/.test(value)
    ? undefined
    : 'expected the MAC address of an interface, such as 52:54:00:12:34:56';

export const driverName: Check = (value) =>
  /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/.test(value)
    ? undefined
    : 'expected the name of a driver, such as virtio_net';

/** ID_PATH of udev. */
export const devicePath: Check = (value) =>
  /^[a-z0-9][A-Za-z0-9_.:-]{0,126}$/.test(value)
    ? undefined
    : 'expected a path of udev, such as pci-0000:00:03.0';

export const interfaceAddress: Check = (value) => {
  const read = readPrefix(value);
  if (read === undefined)
    return 'expected an address with the length of its network, such as 192.168.1.10/24';
  if (!isUsable(read) || isLoopback(read) || read.length === 0)
    return `${value} cannot be the address of an interface`;
  const whole = wholeNetwork(read);
  return whole === undefined ? undefined : `${value} is ${whole}; expected the address of this machine`;
};

export const gateway4: Check = (value) => gateway(value, 4, 'an IPv4 address, such as 192.168.1.1');
export const gateway6: Check = (value) => gateway(value, 6, 'an IPv6 address, such as 2001:db8::1');

function gateway(value: string, family: 4 | 6, expected: string): string | undefined {
  const read = addressBits(value);
  return read?.family === family && isUsable(read) ? undefined : `expected ${expected}`;
}

export const routeTarget: Check = (value) => {
  const read = readPrefix(value);
  if (read === undefined || read.length === 0)
    return 'expected a network, such as 10.0.0.0/8; a default route is gateway4 or gateway6';
  return isNetwork(read) ? undefined : 'expected a network: nothing but zeros behind its length';
};

export const routeGateway: Check = (value) => {
  const read = addressBits(value);
  return read !== undefined && isUsable(read) ? undefined : 'expected an IP address';
};

/** The kernel's metric has 32 bits, and 0 stands for its own default. */
export const metric: Check = (value) =>
  /^[1-9]\d{0,9}$/.test(value) && Number(value) < 2 ** 32
    ? undefined
    : 'expected a number from 1 to 4294967295';

/** connman's list is joined with commas. */
export const nameServerAddress: Check = (value) => {
  const read = addressBits(value);
  return read !== undefined && isUsable(read)
    ? undefined
    : 'expected an IP address; a name server cannot be given by name';
};

export const searchDomain: Check = (value) =>
  /^(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/.test(
    value,
  )
    ? undefined
    : 'expected a domain, such as example.com';

/** RFC 791, 3.2: every host takes 576; the kernel takes what fits 16 bits. IPv6 asks for more, which interface.ts checks. */
export const mtu: Check = (value) =>
  /^[1-9]\d{0,4}$/.test(value) && Number(value) >= 576 && Number(value) <= 65_535
    ? undefined
    : 'expected a number of bytes from 576 to 65535';

/** IEEE 802.1Q-2018, 9.6: 0 and 4095 are reserved. */
export const vlanId: Check = (value) =>
  /^[1-9]\d{0,3}$/.test(value) && Number(value) <= 4094 ? undefined : 'expected a number from 1 to 4094';

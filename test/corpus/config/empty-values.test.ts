/** What a template leaves that was not filled in, and addresses that are not what they look like. */
import { run } from './says.ts';

const template = 'a variable that nobody had set';
const slip = 'an address that no machine can have, or that programs read differently';

run([
  {
    met: template,
    text: 'bos: {server_url: "https://a:6443", token: ""}',
    says: [/^1:44: bos\.token: is empty; leave the key out if there is none/],
    gives: { 'bos.server_url': 'https://a:6443' },
  },
  { met: template, text: 'bos: {token: " "}', says: [/^1:14: bos\.token: is empty/] },
  {
    met: template,
    text: 'bos: {server_url: , token: x, dcp_args: ~}',
    says: [
      /^1:7: note: bos\.server_url: has no value: it takes away what an earlier source gives/,
      /^1:31: note: bos\.dcp_args: has no value/,
    ],
    gives: { 'bos.token': 'x' },
  },
  { met: 'a name that is taken away', text: 'hostname:\n', says: [] },
  {
    met: template,
    text: 'bos: {wifi: [{name: h, passphrase: ""}, {name: i, pass: ""}, {name: open}]}',
    says: [
      /wifi\[0\]\.passphrase: the passphrase of "h" is empty; leave it out for an open network/,
      /"i" is empty/,
    ],
    gives: { 'bos.wifi': [{ name: 'open' }] },
  },
  {
    met: slip,
    text: 'bos: {dns_nameservers: [010.1.1.1, 127.0.0.1], ntp_servers: [10.0.0.300, 1.2.3, 010.0.0.1, 1.pool.org]}',
    says: [
      /dns_nameservers\[0\]: expected an IP address/,
      /ntp_servers\[0\]: expected a host name or an IP address/,
      /ntp_servers\[1\]/,
      /ntp_servers\[2\]/,
    ],
    gives: { 'bos.dns_nameservers': ['127.0.0.1'], 'bos.ntp_servers': ['1.pool.org'] },
  },
  ...(
    [
      ['010.0.0.2/24', /expected an address with the length of its network/],
      ['10.0.0.0/24', /10\.0\.0\.0\/24 is the network itself; expected the address of this machine/],
      ['10.0.0.255/24', /is that of all machines in the network/],
      ['172.16.255.255/12', undefined],
      ['10.0.0.0/31', undefined],
      ['10.0.1.0/16', undefined],
      ['127.0.0.2/8', /127\.0\.0\.2\/8 cannot be the address of an interface/],
      ['::1/128', /cannot be the address of an interface/],
      ['2001:db8::/64', undefined],
    ] as const
  ).map(([address, says]) => ({
    met: slip,
    text: `bos: {network: [{name: e, addresses: ["${address}"]}]}`,
    says: says === undefined ? [] : [says],
    gives: says === undefined ? { 'bos.network': [{ name: 'e', addresses: [address] }] } : {},
  })),
]);

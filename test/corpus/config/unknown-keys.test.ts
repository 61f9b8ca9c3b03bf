/** Keys that are none, where the machine must not guess: each is an error that names the key to use. */
import { run } from './says.ts';

const url = 'https://master:6443';
const k3os = 'configurations of k3OS that nobody renamed';
const spelling = 'misspelt keys in bug reports';
const cloud = "cloud-init's examples";

run([
  {
    met: k3os,
    text: `ssh_authorized_keys: [github:someone]\nk3os: {server_url: "${url}", token: x}\n`,
    says: [/^2:1: k3os: is a name of k3OS; write bos instead$/],
    gives: { ssh_authorized_keys: ['github:someone'] },
  },
  { met: k3os, text: 'K3OS: {token: x}', says: [/^1:1: K3OS: is a name of k3OS; write bos instead$/] },
  {
    met: k3os,
    text: `rancher: {k3s: {server_url: "${url}"}}`,
    says: [/^1:1: rancher: is not a key; for what stands below it, write bos\.server_url$/],
  },
  {
    met: spelling,
    text: `bos: {server-url: "${url}"}`,
    says: [/^1:7: bos\.server-url: is not a key; write bos\.server_url$/],
  },
  {
    met: spelling,
    text: `bos: {serverUrl: "${url}"}`,
    says: [/^1:7: bos\.serverUrl: is not a key; write bos\.server_url$/],
  },
  {
    met: spelling,
    text: `bos: {server_ulr: "${url}", tokn: x}`,
    says: [
      /^1:7: bos\.server_ulr: is not a key; did you mean bos\.server_url\?$/,
      /bos\.tokn: is not a key; did you mean bos\.token\?$/,
    ],
  },
  {
    met: spelling,
    text: `server_url: ${url}\ntoken: x\n`,
    says: [/^1:1: server_url: .* bos\.server_url/, /^2:1: token: .* bos\.token/],
  },
  {
    met: k3os,
    text: 'bos: {k3s_args: [server, --cluster-init]}',
    says: [/^1:7: bos\.k3s_args: is not a key; write bos\.dcp_args$/],
  },
  {
    met: 'environment variables of k3s taken for keys',
    text: `bos: {K3S_URL: "${url}", cluster_secret: x}`,
    says: [/; write bos\.server_url$/, /; write bos\.token$/],
  },
  {
    met: spelling,
    text: 'bos: {pasword: x, ssh_autorized_keys: [github:me], wify: [{name: a}]}',
    says: [/bos\.password\?$/, /ssh_authorized_keys\?$/, /bos\.wifi\?$/],
  },
  {
    met: spelling,
    text: `Bos: {server_url: "${url}"}`,
    says: [/^1:1: Bos: is not a key; did you mean bos\?$/],
  },
  {
    met: cloud,
    text: 'users: [{name: me, ssh_authorized_keys: [github:me]}]\nchpasswd: {expire: false}\n',
    says: [/^1:1: users: is not a key; write ssh_authorized_keys$/, /^2:1: chpasswd: .* bos\.password$/],
  },
  {
    met: cloud,
    text: 'packages: [curl]\ntimezone: UTC\n',
    says: [/^1:1: warning: packages: is not a key$/, /^2:1: warning: timezone: is not a key$/],
  },
  {
    met: 'what is read when a node registers, and never again',
    text: 'bos: {lables: {a: b}}',
    says: [/^1:7: warning: bos\.lables: is not a key; did you mean bos\.labels\?$/],
  },
  {
    met: 'names of the command line, which act nowhere else',
    text: 'bos: {ms: x, kernl: y}',
    says: [/^1:7: warning: bos\.ms: is not a key$/, /^1:14: warning: bos\.kernl: is not a key$/],
  },
  {
    met: 'keys in the wrong group',
    text: `bos: {install: {token: x, server_url: "${url}", passwd: y}, dcp: {args: [agent], token: x}}`,
    says: [
      /^1:17: bos\.install\.token: is not a key; write bos\.token$/,
      /bos\.install\.server_url: .* write bos\.server_url$/,
      /bos\.install\.passwd: .* write bos\.password$/,
      /bos\.dcp: is not a key; for what stands below it, write bos\.(token, bos\.dcp_args|dcp_args, bos\.token)$/,
    ],
  },
  {
    met: spelling,
    text: `bos: {dcp_arguments: [agent], server_address: 10.0.0.1, join_token: x, https_proxy: "http://a", ssh_key_list: [a]}`,
    says: [
      /bos\.dcp_args\?$/,
      /bos\.server_url\?$/,
      /write bos\.token$/,
      /bos\.environment\?$/,
      /ssh_authorized_keys\?$/,
    ],
  },
  {
    met: cloud,
    text: 'network: {version: 2, ethernets: {eth0: {dhcp4: true}}}',
    says: [/^1:1: network: is not a key; write bos.network$/],
  },
]);

/** Maps that take others in: YAML's merge key, in groups, in maps of strings and in objects. */
import { run } from './says.ts';

const met = 'one file for several nodes';
const note = /note: \w+: is not a key: it counts where something refers to it with \*$/;

run([
  {
    met,
    text: 'common: &common {server_url: "https://a:6443", token: x}\nbos: {<<: *common, modules: [kvm]}\n',
    says: [note],
    gives: { 'bos.server_url': 'https://a:6443', 'bos.token': 'x', 'bos.modules': ['kvm'] },
  },
  {
    met,
    text: 'a: &a {token: a, modules: [kvm]}\nb: &b {token: b}\nbos: {<<: [*b, *a], labels: {<<: {x: y}, z: w}}\n',
    says: [note, note],
    gives: { 'bos.token': 'b', 'bos.modules': ['kvm'], 'bos.labels': { x: 'y', z: 'w' } },
  },
  {
    met,
    text: '<<: {hostname: a}\nhostname: b\nbos: {install: {<<: {silent: true}}}\n',
    says: [],
    gives: { hostname: 'b', 'bos.install.silent': true },
  },
  {
    met,
    text: 'bos: &a {<<: *a, modules: [kvm]}\n',
    says: [/bos\.<<: merges a map into itself$/],
    gives: { 'bos.modules': ['kvm'] },
  },
  {
    met,
    text: 'bos: {<<: *gone, modules: [kvm]}\n',
    says: [/bos\.<<: expected a map, or a list of maps, to merge$/],
    gives: { 'bos.modules': ['kvm'] },
  },
  {
    met,
    text: 'base: &base {serverUrl: "https://a:6443"}\nbos: {<<: *base}\n',
    says: [note, /^1:14: bos\.serverUrl: is not a key; write bos\.server_url$/],
  },
  {
    met,
    text: 'k3os: &k {token: x}\nbos: {<<: *k}\n',
    says: [/k3os: is a name of k3OS/],
    gives: { 'bos.token': 'x' },
  },
]);

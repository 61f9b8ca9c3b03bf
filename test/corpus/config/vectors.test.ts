/** The arguments of DCP: all of them or none, and forms that can mean one thing only. */
import { run } from './says.ts';

const lists = 'lists of arguments in bug reports';
const k3os = 'configurations of k3OS';

run([
  {
    met: lists,
    text: 'bos: {dcp_args: [server, {--server: "https://first:6443"}]}',
    says: [/^1:26: bos\.dcp_args\[1\]: expected a string, found a map/],
  },
  {
    met: lists,
    text: 'bos: {dcp_args: [server, --etcd-expose-metrics, true]}',
    says: [/^1:49: bos\.dcp_args\[2\]: expected a string, found true; write it in quotes$/],
  },
  {
    met: lists,
    text: 'bos:\n  dcp_args:\n  - server\n  -\n  - --debug\n',
    says: [/bos\.dcp_args\[1\]: expected a string, found nothing$/],
  },
  {
    met: lists,
    text: 'bos: {dcp_args: [server, [--server, "https://first:6443"]]}',
    says: [/bos\.dcp_args\[1\]: expected a string, found a list$/],
  },
  {
    met: lists,
    text: 'bos: {dcp_args: ["server --cluster-init"]}',
    says: [/^1:17: bos\.dcp_args: expected each argument as an element of its own$/],
  },
  {
    met: lists,
    text: 'bos: {dcp_args: [etcd-snapshot]}',
    says: [/^1:17: bos\.dcp_args: expected server, agent or an option/],
  },
  {
    met: k3os,
    text: 'bos: {dcp_args: ["--disable=traefik"]}',
    says: [],
    gives: { 'bos.dcp_args': ['--disable=traefik'] },
  },
  {
    met: k3os,
    text: 'bos: {dcp_args: "--flannel-iface=eth0"}',
    says: [/^1:17: note: bos\.dcp_args: is taken for a list; write each element behind a hyphen$/],
    gives: { 'bos.dcp_args': ['--flannel-iface=eth0'] },
  },
  {
    met: 'the words of INSTALL_K3S_EXEC',
    text: 'bos: {dcp_args: server --cluster-init  --tls-san 10.0.0.1}',
    says: [/note: bos\.dcp_args: is taken for a list/],
    gives: { 'bos.dcp_args': ['server', '--cluster-init', '--tls-san', '10.0.0.1'] },
  },
  {
    met: 'the words of INSTALL_K3S_EXEC',
    text: `bos: {dcp_args: server --kubelet-arg "a b"}`,
    says: [/^1:17: bos\.dcp_args: expected a list of strings: each argument behind a hyphen$/],
  },
]);

/** Files and networks: with a field that means nothing here, nothing of the entry is used; two names are taken. */
import { run } from './says.ts';

const cloud = "cloud-init's examples";
const bug = 'bug reports';

run([
  {
    met: bug,
    text: 'write_files: [{path: /etc/key, content: k, permsisions: "0600"}, {path: /b}]',
    says: [
      /^1:44: write_files\[0\]\.permsisions: is not a field, so nothing of this entry is used; did you mean permissions\?$/,
    ],
    gives: { write_files: [{ path: '/b' }] },
  },
  {
    met: bug,
    text: 'write_files: [{path: /etc/key, content: k, mode: "0600"}, {path: /b, Permissions: "0600"}]',
    says: [
      /write_files\[0\]\.mode: .*; write permissions$/,
      /write_files\[1\]\.Permissions: .*; write permissions$/,
    ],
    gives: { write_files: [] },
  },
  {
    met: bug,
    text: 'base: &base {path: /etc/key, owner: root, permissions: "0600"}\nwrite_files: [{<<: *base, content: k}]\n',
    says: [/^1:1: note: base: is not a key: it counts where something refers to it with \*$/],
    gives: { write_files: [{ path: '/etc/key', owner: 'root', permissions: '0600', content: 'k' }] },
  },
  {
    met: bug,
    text: 'write_files: [{<<: [{path: /a, permissions: "0600"}, {path: /b, content: b}], content: own}]',
    says: [],
    gives: { write_files: [{ content: 'own', path: '/a', permissions: '0600' }] },
  },
  {
    met: bug,
    text: 'write_files: [{<<: base, path: /a}]',
    says: [/^1:16: write_files\[0\]\.<<: expected a map, or a list of maps, to merge$/],
    gives: { write_files: [] },
  },
  {
    met: cloud,
    text: 'write_files: [{path: /etc/crontab, content: "a\\n", append: true}]',
    says: [],
    gives: { write_files: [{ path: '/etc/crontab', content: 'a\n', append: 'true' }] },
  },
  {
    met: cloud,
    text: 'write_files: [{path: /a, append: yes}]',
    says: [/write_files\[0\]\.append: expected true or false, found a string; write true$/],
    gives: { write_files: [] },
  },
  {
    met: cloud,
    text: 'write_files: [{path: /a, source: {uri: "https://example.com/a"}}, {path: /b, defer: true}]',
    says: [
      /write_files\[0\]\.source: is not a field, so nothing/,
      /write_files\[1\]\.defer: is not a field, so nothing/,
    ],
    gives: { write_files: [] },
  },
  {
    met: bug,
    text: 'write_files: [{path: /a, path: /b}, {path: /c, permissions: ""}]',
    says: [/write_files\[0\]\.path: is given twice$/],
    gives: { write_files: [{ path: '/c', permissions: '' }] },
  },
  {
    met: bug,
    text: 'bos: {wifi: [{name: a, password: long enough}, {name: b, pass: long enough}]}',
    says: [],
    gives: {
      'bos.wifi': [
        { name: 'a', passphrase: 'long enough' },
        { name: 'b', passphrase: 'long enough' },
      ],
    },
  },
  {
    met: bug,
    text: 'bos: {wifi: [{name: a, psk: long enough}, {ssid: b}, {name: c, pass: long enough, passphrase: x}]}',
    says: [
      /wifi\[0\]\.psk: is not a field, .*; write passphrase$/,
      /wifi\[1\]\.ssid: is not a field, .*; write name$/,
      /wifi\[2\]\.passphrase: is passphrase, which is given twice$/,
    ],
    gives: { 'bos.wifi': [] },
  },
]);

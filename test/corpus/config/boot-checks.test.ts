/** What the boot would refuse is refused when a file is checked, by the same functions. */
import { gzipSync } from 'node:zlib';
import { run } from './says.ts';

const packed = gzipSync('hello').toString('base64');
const cut = gzipSync('hello, world').subarray(0, 20).toString('base64');
const boot = 'what validated and failed at boot';

run([
  {
    met: boot,
    text: 'bos: {labels: {"bad key!": x, a/b/c: y, ok: "no good", region: us-west-1}}',
    says: [/^1:16: bos\.labels\[bad key!\]: expected a Kubernetes label/, /\[a\/b\/c\]/, /\[ok\]/],
    gives: { 'bos.labels': { region: 'us-west-1' } },
  },
  {
    met: boot,
    text: 'bos: {dns_nameservers: [dns.google, 999.1.1.1, 1.1.1.1], ntp_servers: [a b, pool.ntp.org]}',
    says: [
      /^1:25: bos\.dns_nameservers\[0\]: expected an IP address/,
      /\[1\]/,
      /ntp_servers\[0\]: expected a host/,
    ],
    gives: { 'bos.dns_nameservers': ['1.1.1.1'], 'bos.ntp_servers': ['pool.ntp.org'] },
  },
  {
    met: boot,
    text: `bos: {wifi: [{name: h, passphrase: short}, {name: ${'x'.repeat(33)}}, {name: ok, passphrase: long enough}]}`,
    says: [
      /^1:36: bos\.wifi\[0\]\.passphrase: the passphrase of "h" has 5 characters/,
      /wifi\[1\]\.name: .* 33 bytes/,
    ],
    gives: { 'bos.wifi': [{ name: 'ok', passphrase: 'long enough' }] },
  },
  {
    met: boot,
    text: 'write_files: [{path: /etc/a, encoding: b64, content: "not base64!"}]',
    says: [/^1:54: write_files\[0\]\.content: the content is not valid base64: character 10/],
    gives: { write_files: [] },
  },
  {
    met: boot,
    text: `write_files: [{path: /etc/a, encoding: gzip, content: ${packed}}, {path: /b, encoding: gz+b64, content: ${packed}}]`,
    says: [/write_files\[0\]\.content: compressed content is given as text: .* gz\+b64$/],
    gives: { write_files: [{ path: '/b', encoding: 'gz+b64', content: packed }] },
  },
  {
    met: boot,
    text: `write_files: [{path: /b, encoding: gz+b64, content: ${cut}}]`,
    says: [/^1:1: write_files\[0\]\.content: the content is not valid gzip: .* \(\/b\)$/],
    gives: { write_files: [{ path: '/b', encoding: 'gz+b64', content: cut }] },
  },
  {
    met: boot,
    text: 'write_files: [{path: /b, encoding: gz+b64, content: aGVsbG8=}]',
    says: [/the content is not valid gzip: it does not begin like a gzip file$/],
    gives: { write_files: [] },
  },
  {
    met: boot,
    text: 'bos: {sysctls: {net ipv4: 1, ../x: 1, net.ipv4.ip_forward: 1}, sysctl: {}}',
    says: [/"net ipv4" is not the name of a kernel setting/, /"\.\.\/x" is not/, /is given twice/],
    gives: { 'bos.sysctls': { 'net.ipv4.ip_forward': '1' } },
  },
  {
    met: boot,
    text: 'bos: {environment: {PROXY: "http://a:b#c@d", 1A: x, A B: x, HTTP_PROXY: http://d, DEBUG: true}}',
    says: [/^1:21: bos\.environment\[PROXY\]: the value of PROXY has a #/, /\[1A\]/, /\[A B\]/],
    gives: { 'bos.environment': { HTTP_PROXY: 'http://d', DEBUG: 'true' } },
  },
  {
    met: boot,
    text: 'write_files: [{path: /a, owner: "root:"}, {path: /b, owner: "a:b:c"}, {path: /c, owner: "1000:0"}]',
    says: [/^1:33: write_files\[0\]\.owner: expected USER or USER:GROUP/, /write_files\[1\]\.owner/],
    gives: { write_files: [{ path: '/c', owner: '1000:0' }] },
  },
  {
    met: 'the user of k3OS',
    text: 'write_files: [{path: /a, owner: rancher}]',
    says: [/warning: write_files\[0\]\.owner: this system has no account rancher, .* bhojpur$/],
    gives: { write_files: [{ path: '/a', owner: 'rancher' }] },
  },
  {
    met: boot,
    text: 'write_files: [{path: /usr/bin/x}, {path: /lib/systemd/system/a.service}, {path: /bhojpur/system/config.yaml}, {path: /a/../b}, {path: /usr/local/bin/y}, {path: etc/conf.d/x}, {path: /run/lock/x}]',
    says: [
      /^1:22: write_files\[0\]\.path: \/usr is read-only: write \/usr\/local\/bin\/x instead$/,
      /it is \/usr\/lib\/systemd\/system\/a\.service, and \/usr is read-only: write \/etc\/systemd\/system\/a\.service instead$/,
      /it is \/bos\/system\/config\.yaml, and \/bos is read-only: write \/var\/lib\/bhojpur\/os\/config\.yaml instead$/,
      /a path with \.\. is not followed$/,
      /expected the absolute path of a file; write \/etc\/conf\.d\/x$/,
      /warning: .*\/run\/lock is mounted when systemd starts/,
    ],
    gives: { write_files: [{ path: '/usr/local/bin/y' }, { path: '/run/lock/x' }] },
  },
  {
    met: boot,
    text: 'bos: {token: "a\\nb", server_url: "https://a\\n:6443"}',
    says: [/bos\.token: expected one line/, /bos\.server_url: expected an http/],
  },
]);

/** What a running Linux says of itself before it is taken over, and what a machine of ours keeps for later. */
import { parseTakeoverMarker } from '../../../src/boot/menus/takeover-marker.ts';
import { parseReplaceMarker } from '../../../src/boot/replace-menu.ts';
import { fromRunning } from '../../../src/config/network-formats/from-running.ts';
import { parseConfigYaml } from '../../../src/config/yaml/yaml.ts';
import { bootConfigLimit, readBootConfig } from '../../../src/install/overlay/boot-config.ts';
import { readHostKeys, readUserKeys } from '../../../src/install/takeover/carry/read-logins.ts';
import { readRunningNetwork } from '../../../src/install/takeover/carry/read-network.ts';
import { parseSshdSettings } from '../../../src/install/takeover/carry/sshd-settings.ts';
import { journalPath, readJournal } from '../../../src/iso/edit/journal.ts';
import { cordonRecordPath, readCordonRecord } from '../../../src/kubernetes/node/cordon-record.ts';
import { clusterRecordPath, readTold } from '../../../src/kubernetes/report/record.ts';
import { patchRecordPath, readPatchRecord } from '../../../src/patch/record.ts';
import { readTry } from '../../../src/runtime/config-try/record.ts';
import { configStatusPath, readConfigStatus } from '../../../src/runtime/status/config-status.ts';
import { readDatastoreRecord } from '../../../src/upgrade/datastore/record.ts';
import { readUpgradeRecord, upgradeRecordPath } from '../../../src/upgrade/record.ts';
import { readStaged, stagedPath } from '../../../src/upgrade/staged.ts';
import { fakeHost } from '../../fakes/host.ts';
import { publicKey } from '../../system/support/full-config.ts';
import { bytes, each, type Parser, text } from './parser.ts';

const address = { local: '10.0.0.5', prefixlen: 24, scope: 'global', family: 'inet', dynamic: true };
const card = { ifname: 'eth0', link_type: 'ether', address: '52:54:00:12:34:56', addr_info: [address] };
const links = [
  { ifname: 'lo', link_type: 'loopback' },
  card,
  { ...card, ifname: 'eth0.5', link: 'eth0', linkinfo: { info_kind: 'vlan', info_data: { id: 5 } } },
  { ...card, ifname: 'bond0', linkinfo: { info_kind: 'bond', info_data: { mode: 'active-backup' } } },
  { ...card, ifname: 'eth1', master: 'bond0', linkinfo: { info_slave_kind: 'bond' } },
];
const routes = [
  { dst: 'default', gateway: '10.0.0.1', dev: 'eth0', protocol: 'static', flags: ['onlink'], metric: 5 },
  { dst: '10.0.0.0/24', dev: 'eth0', protocol: 'kernel', scope: 'link', prefsrc: '10.0.0.5' },
];
const connman = { data: [[['/service/a', { Type: { data: 'ethernet' }, Ethernet: { data: {} } }]]] };
const resolvConf = '# a\nnameserver 10.0.0.1\nnameserver fe80::1%eth0\nsearch a.example b.example\n';

/** Answers to every question with the same. */
async function running(input: Uint8Array): Promise<void> {
  const answer = () => text(input);
  const host = fakeHost({
    files: { '/etc/resolv.conf': input },
    folders: ['/var/lib/connman', '/sys/class/net/wlan0/phy80211'],
    tools: { ip: answer, busctl: answer },
  });
  const { config } = fromRunning(await readRunningNetwork(host));
  parseConfigYaml(JSON.stringify(config), 'this system', 'system');
}

const sshd = `hostkey /etc/ssh/ssh_host_ed25519_key
authorizedkeysfile .ssh/authorized_keys %h/k /etc/ssh/%u
authorizedkeyscommand none
trustedusercakeys /a
`;
const users = 'root:x:0:0:root:/root:/bin/sh\na:x:1000:1000::/home/a:/bin/sh\n';

async function logins(input: Uint8Array): Promise<void> {
  const key = '/etc/ssh/ssh_host_ed25519_key';
  const files = { [key]: input, [`${key}.pub`]: input, '/root/.ssh/authorized_keys': input };
  const settings = parseSshdSettings(sshd);
  const given = parseSshdSettings(text(input));
  const host = fakeHost({ files: { ...files, '/etc/passwd': users } });
  await each(
    () => readHostKeys(host, settings),
    () => readUserKeys(host, ['root', 'a'], settings),
    () => readUserKeys(host, ['root', 'a'], given),
    () => readUserKeys(fakeHost({ files: { ...files, '/etc/passwd': input } }), ['root', 'a'], settings),
  );
}

const deployment = { kernel: '6.1', os: '1.0.0', dcp: null };
const uuid = '11111111-2222-4333-8444-555555555555';
const records = [
  { v: 1, name: '50-a.yaml', seconds: 120, state: 'asked' },
  { v: 1, uuid, folder: 'boot/grub', after: 'reboot', confirm: { seconds: 600, url: 'http://a/' } },
  { v: 1, returned: [deployment], proved: [], last: { from: deployment, to: deployment, at: 'x' } },
  {
    v: 1,
    deployment,
    source: 'a',
    at: 'x',
    node: 'a',
    annotation: 'b',
    events: ['c'],
    owner: 'd',
    aside: [],
  },
  { v: 1, phases: { boot: { at: 'x', applied: 1, failed: 0, faults: [] } } },
].map((record) => JSON.stringify(record));

/** Each of them, by all who read one: no power cut may make a bug of it. */
async function kept(input: Uint8Array): Promise<void> {
  const paths = [cordonRecordPath, clusterRecordPath, patchRecordPath, configStatusPath, upgradeRecordPath];
  const others = ['/run/bos/try/record.json', `/state/${stagedPath}`, '/data/record.json'];
  const host = fakeHost({ files: Object.fromEntries([...paths, ...others].map((path) => [path, input])) });
  const { files } = host;
  await each(
    () => readTry(host, '/'),
    () => parseTakeoverMarker(text(input)),
    () => parseReplaceMarker(text(input)),
    () => readUpgradeRecord(files, '/'),
    () => readStaged(files, '/state'),
    () => readCordonRecord(files),
    () => readPatchRecord(files),
    () => readTold(files, '/'),
    () => readConfigStatus(host, '/'),
    () => readDatastoreRecord(files, '/data'),
  );
}

const undo = {
  ...{ opsctl: 'iso-undo', v: 1, newSize: 4096, crc32: 0, previous: null },
  original: { size: 2048, saved: [{ offset: 0, length: 8, zeros: true }] },
  places: [{ offset: 0, length: 4, before: 1, between: null, after: 2 }],
};

const script = 'setenv bootargs "console=tty1 ro"\nenv set other_cmdline a=b\n';

export const machineParsers = {
  'network of a running system': {
    seeds: () => bytes(...[links, routes, connman].map((value) => JSON.stringify(value)), '[]', resolvConf),
    parse: running,
  },
  'logins of a running system': {
    seeds: () =>
      bytes(
        sshd,
        users,
        `${publicKey}\ncommand="a b",restrict ${publicKey}\n`,
        '-----BEGIN A PRIVATE KEY-----\n',
      ),
    parse: logins,
  },
  'records of a machine': { seeds: () => bytes(...records), parse: kept },
  'undo file of an ISO': {
    seeds: () => bytes(`${JSON.stringify(undo)}\n`),
    parse: (input) => readJournal(fakeHost({ files: { [journalPath('/a.iso')]: input } }), '/a.iso'),
  },
  'boot configuration of a board': {
    seeds: () =>
      bytes(
        'console=serial0,115200 root=PARTUUID=1-2 rootwait init=/usr/lib/raspberrypi-sys-mods/firstboot\n',
        'LABEL a\n  KERNEL /b\n  APPEND root=/dev/a ro\n',
        'extraargs=a b\nrootflags = d\n',
        script,
      ),
    parse: (input) =>
      (['cmdline.txt', 'extlinux.conf', 'boot.scr', 'environment', 'grub.cfg'] as const).map((kind) =>
        readBootConfig('it', kind, input.subarray(0, bootConfigLimit)),
      ),
  },
} satisfies Record<string, Parser>;

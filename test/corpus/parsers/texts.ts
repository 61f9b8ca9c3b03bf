/** Configurations, lists and records as text. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packedContentFaults } from '../../../src/config/checks/packed-content.ts';
import { parseCommandLine } from '../../../src/config/command-line/command-line.ts';
import { migrateConfig } from '../../../src/config/migrate/migrate.ts';
import { readMetadataNetwork } from '../../../src/config/network-formats/clouds/metadata.ts';
import {
  readNetworkConfig,
  readOpenStackNetwork,
} from '../../../src/config/network-formats/network-config.ts';
import { noCloudArgument } from '../../../src/config/seed/nocloud-argument.ts';
import { parseSeedUserData } from '../../../src/config/seed/user-data.ts';
import { metadataForms } from '../../../src/config/sources/cloud-network-files.ts';
import { classify } from '../../../src/config/sources/user-data.ts';
import { OverBudget, valueWithinBudget } from '../../../src/config/yaml/budgeted-document.ts';
import { parseConfigYaml } from '../../../src/config/yaml/yaml.ts';
import { parseBootRecord } from '../../../src/disk/probe/boot-record.ts';
import { parseLsblk } from '../../../src/disk/probe/lsblk.ts';
import { readDiskSelector } from '../../../src/formats/disk-selector.ts';
import { pngFault } from '../../../src/formats/png.ts';
import { parseMountinfo, parseSwaps } from '../../../src/host/mounts.ts';
import { parseRecordedFacts } from '../../../src/install/recorded/facts.ts';
import { parseDigestLine } from '../../../src/iso/digest-list-names.ts';
import { validatePlans } from '../../../src/kubernetes/validate/validate.ts';
import { parseChecksum } from '../../../src/media/checksum.ts';
import { parseManifest } from '../../../src/media/manifest.ts';
import { requireSignature } from '../../../src/media/signature.ts';
import { readCertificate } from '../../../src/palette/edge/read-certificate.ts';
import { validateUserData } from '../../../src/palette/edge/validate-user-data.ts';
import { validatePack } from '../../../src/palette/pack/validate.ts';
import { renderExport } from '../../../src/palette/profile/render/export.ts';
import { renderSource } from '../../../src/palette/profile/render/source.ts';
import { renderTerraform } from '../../../src/palette/terraform/render.ts';
import { validateTerraform } from '../../../src/palette/terraform/validate.ts';
import { readDrainConfig } from '../../../src/patch/drain/config-map.ts';
import { readKey, setKey } from '../../../src/runtime/appliers/network/key-file.ts';
import { keysIn, parseKeyFile } from '../../../src/runtime/appliers/ssh-authorized-keys/authorized-keys.ts';
import { parseDevices } from '../../../src/runtime/data-sources/volumes/volumes.ts';
import * as clouds from '../../fakes/cloud-networks.ts';
import { soundPlan } from '../../kubernetes/plan-text.ts';
import {
  documentedAddon,
  documentedByoos,
  documentedImages,
  documentedPacks,
  documentedProfile,
  documentedTerraform,
} from '../../palette/documented.ts';
import { airgap, connected } from '../../palette/edge/user-data-texts.ts';
import { contentOf, logo, soundPack, soundValues } from '../../palette/pack-folders.ts';
import { infra, readJson, readText, soundAddon, soundSource } from '../../palette/profile/profile-texts.ts';
import { fullConfig, publicKey } from '../../system/support/full-config.ts';
import { bytes, each, filesOf, latin1, type Parser, root, text } from './parser.ts';

/** A sound pack with one file of other bytes. */
const packWith = (path: string, input: Uint8Array) => contentOf({ ...soundPack, [path]: input });

const config = `# a node
ssh_authorized_keys: [github:someone, ${publicKey}]
write_files:
- {path: /etc/a, content: |-
    x
  , encoding: ""}
- path: /etc/b
  content: !!binary aGVsbG8=
  permissions: "0600"
hostname: &name node-1
run_cmd: ["echo x", 'echo y']
bos:
  <<: {token: secret}
  dcp_args: [server, "--disable=traefik"]
  labels: {a: *name}
  sysctl: {kernel.printk: "4 4 1 7"}
`;
const digest = 'a'.repeat(64);
const minisign = `untrusted comment: signature
RUQf6LRCGA9i5${'A'.repeat(87)}
trusted comment: timestamp:1700000000	file:manifest.json
${'A'.repeat(86)}==
`;
const manifest = JSON.stringify({
  ...{ v: 1, arch: 'amd64', kernel: '6.1', os: 'a', dcp: 'b' },
  files: { 'bos/system/kernel/6.1/kernel.squashfs': { sha256: digest, size: 10 } },
});
const connman = '[global]\nName = a\\tb\n\n[service_x]\nType=ethernet\nIPv4=dhcp\n# end\n';
const mounts = `21 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw
30 21 0:5 /a\\040b /mnt/a\\040b rw - tmpfs none rw,size=10k
`;

const cloudConfig = `#cloud-config
hostname: a
users: [default, {name: b, passwd: "$6$a$b", ssh_authorized_keys: [${publicKey}]}]
chpasswd: {list: "a:b"}
keyboard: {layout: gb}
runcmd: [[a, "b c"], d]
bos: {token: x}
`;
const netplan = `network:
  version: 2
  ethernets: {eth0: {addresses: [10.0.0.5/24], gateway4: 10.0.0.1, nameservers: {addresses: [9.9.9.9]}}}
  wifis: {wlan0: {access-points: {"a b": {password: hush-hush}}}}
`;
/** What is no YAML is told before any of it is looked at. */
const yamlValue = (input: string): unknown => {
  try {
    return valueWithinBudget(input);
  } catch {
    return undefined;
  }
};

function migrated(input: string): unknown {
  try {
    return migrateConfig(input, 'it');
  } catch (error) {
    // The command says it as a refusal.
    if (!(error instanceof OverBudget)) throw error;
    return undefined;
  }
}

const onText = (parse: (input: string) => unknown, ...seeds: readonly string[]): Parser => ({
  seeds: () => bytes(...seeds),
  parse: (input) => parse(text(input)),
});

export const textParsers: Readonly<Record<string, Parser>> = {
  'config.yaml': {
    seeds: () => bytes(config, fullConfig),
    parse: (input) => packedContentFaults(parseConfigYaml(input, 'it').layer),
  },
  'configuration to migrate': onText(
    migrated,
    `${config}k3os: {k3s_args: [server], sshAuthorizedKeys: [a], labels: {b: c}}\n`,
    'k3os:\n  server_url: https://a:6443 # b\n  ntpServers:\n  - c\nrun_cmd: |\n  d\n  e\n',
  ),
  'upgrade Plans': {
    seeds: () => bytes(soundPlan, `${soundPlan}---\nkind: List\nitems: [&a {x: [*a]}]\n`),
    parse: (input) => validatePlans(input, 'it'),
  },
  'pack.json of Palette': {
    seeds: () => bytes(...Object.values(documentedPacks), documentedAddon, String(soundPack['pack.json'])),
    parse: (input) => validatePack(packWith('pack.json', input)),
  },
  'values.yaml of Palette': {
    seeds: () => bytes(documentedByoos, documentedProfile, documentedImages, soundValues),
    parse: (input) => validatePack(packWith('values.yaml', input)),
  },
  'user-data of an edge host': {
    seeds: () => bytes(airgap, connected),
    parse: (input) => validateUserData(input, 'it', { now: 0, readCertificate }),
  },
  'profile of Palette, as JSON': {
    seeds: () => bytes(renderExport(readText(soundSource).profile ?? infra), renderExport(infra)),
    parse: (input) => readJson(text(input)),
  },
  'profile of Palette, its file': {
    seeds: () => bytes(soundSource, soundAddon, renderSource(infra)),
    parse: (input) => readText(text(input)),
  },
  'Terraform for Palette': {
    seeds: () =>
      bytes(...Object.values(documentedTerraform), renderTerraform(readText(soundSource).profile ?? infra)),
    parse: (input) => validateTerraform(input, 'it'),
  },
  'logo of a pack': {
    seeds: () => [Buffer.from(logo)],
    parse: (input) => pngFault(input),
  },
  'drain settings of Palette': onText(
    readDrainConfig,
    'kind: ConfigMap\nmetadata: {name: palette-agent-config}\ndata:\n  drain: |\n    {"timeout": 600000000000}\n',
    '{"kind": "List", "items": [{"metadata": {"name": "x"}}]}\n---\n[&a {x: *a}]\n',
  ),
  'kernel command line': onText(
    parseCommandLine,
    'BOOT_IMAGE=/vmlinuz quiet bos.token="a b" hostname=x run_cmd="echo \'x y\'" bos.labels.a=b -- x',
    'bos.install.silent bos.install.device=size=">20GB" bos.password=a\\"b console=ttyS0,115200\n',
  ),
  'user data': {
    seeds: () => [...bytes(config, '#!/bin/sh\necho x\n', 'Content-Type: multipart/mixed; boundary="x"\n\n')],
    parse: classify,
  },
  'user-data of a boot partition': {
    seeds: () => bytes(cloudConfig, config, JSON.stringify({ users: [{ passwd: 'x' }], hostname: 'a' })),
    parse: (input) => parseSeedUserData(input, 'it'),
  },
  'network-config': onText(
    (input) => readNetworkConfig(yamlValue(input)),
    netplan,
    'version: 1\nconfig: [{type: physical, name: e, subnets: [{type: static, address: 10.0.0.1/8}]}]\n',
  ),
  'network_data.json': onText(
    (input) => readOpenStackNetwork(yamlValue(input)),
    '{"links": [{"id": "a", "type": "phy", "ethernet_mac_address": "52:54:00:00:00:01"}, {"id": "b", "type": "vlan", "vlan_id": 5, "vlan_link": "a"}], "networks": [{"link": "b", "type": "ipv4", "ip_address": "10.0.0.5", "netmask": "255.0.0.0", "routes": [{"network": "0.0.0.0", "netmask": "0.0.0.0", "gateway": "10.0.0.1"}]}]}',
  ),
  'network of a metadata service': onText(
    (input) => {
      const value = yamlValue(input);
      return metadataForms.map((form) => readMetadataNetwork(form, value));
    },
    ...[clouds.digitaloceanNetwork, clouds.vultrNetwork, clouds.packetNetwork].map((meta) =>
      JSON.stringify(meta),
    ),
    JSON.stringify({ mac: '52:54:00:00:00:01', ...clouds.scalewayNetwork }),
  ),
  'ds=nocloud': onText(noCloudArgument, 'quiet ds=nocloud;i=one;h=two;s=http://a/b=c'),
  'list of digests': onText(
    (input) => parseChecksum(input, 'bos.iso', 'it'),
    `${digest}  bos.iso\n${digest} *other.iso\n\\${digest}  a\\nb\n`,
    `SHA256 (bos.iso) = ${digest}\n`,
  ),
  'line of a list of digests': onText(parseDigestLine, `${digest}  ./live/filesystem.squashfs`),
  manifest: onText((input) => parseManifest(input, 'it'), manifest),
  signature: onText(
    (input) => requireSignature(Buffer.from('x'), input, `RWQf6LRCGA9i5${'A'.repeat(43)}`, 'it'),
    minisign,
  ),
  'disk selector': onText(readDiskSelector, '/dev/sda', 'size=>20GB,model=QEMU*,!usb', 'smallest'),
  'lsblk --json': {
    seeds: () => filesOf('test/disk/probe/samples', '.json'),
    parse: (input) => parseLsblk(text(input)),
  },
  'lsblk --list': onText(
    parseDevices,
    '{"blockdevices":[{"path":"/dev/sr0","type":"rom","fstype":"iso9660","label":"cidata"}]}',
  ),
  'mounts and swaps': onText(
    (input) => [parseMountinfo(input), parseSwaps(input)],
    mounts,
    'Filename\tType\tSize\n/dev/sda3 partition 10 0 -2\n',
  ),
  'boot record': onText(parseBootRecord, '{"v":1,"mode":"live","medium":"/dev/sr0"}'),
  'recorded facts': {
    seeds: () => [readFileSync(join(root, 'test/install/recorded/machines/nvme-and-usb-stick.json'))],
    parse: (input) => parseRecordedFacts(text(input), 'it'),
  },
  authorized_keys: onText(
    (input) => [keysIn(input), parseKeyFile(input)],
    `# mine\n${publicKey}\nrestrict,command="a b" ${publicKey} me@here\n`,
  ),
  'network service file': {
    seeds: () => bytes(connman),
    parse: (input) =>
      each(
        () => readKey(latin1(input), 'service_x', 'IPv4'),
        () => setKey(latin1(input), 'service_x', 'IPv6', 'off'),
      ),
  },
};

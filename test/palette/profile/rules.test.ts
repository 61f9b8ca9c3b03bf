/** What is said of profiles that have one thing wrong, and where. */
import test from 'ava';
import { renderExport } from '../../../src/palette/profile/render/export.ts';
import {
  infra,
  pack,
  processorTime,
  readJson,
  readText,
  said,
  soundAddon,
  soundSource,
} from './profile-texts.ts';

const replaced = (find: string | RegExp, by: string): string => {
  const text = soundSource.replace(find, by);
  if (text === soundSource) throw new Error(`${find} is not in the text`);
  return text;
};

test('nothing is said of sound ones', (t) => {
  t.deepEqual(said(readText(soundSource)), []);
  t.deepEqual(said(readText(soundAddon)), []);
  t.deepEqual(said(readJson(renderExport(infra))), []);
});

const says = test.macro<[string, ...string[]]>((t, text, ...expected) => {
  t.deepEqual(said(readText(text)), expected);
});

test(
  'no OS',
  says,
  replaced('layer: os', 'layer: addon'),
  '1:1 packs: has no pack in the layer os; it needs exactly one',
  '8:5 warning: edge-native-byoi is an add-on; a profile with add-ons is full (cluster in JSON)',
  '20:12 warning: layer: stands behind addon; the order is os, k8s, cni, csi, then add-ons',
  '23:12 warning: layer: stands behind addon; the order is os, k8s, cni, csi, then add-ons',
  '26:12 warning: layer: stands behind addon; the order is os, k8s, cni, csi, then add-ons',
);
test(
  'two for the network',
  says,
  replaced('layer: csi', 'layer: cni'),
  '1:1 warning: packs: has no pack in the layer csi: volumes need one',
  '26:12 layer: is cni, which cni-calico is already; a profile has one',
);
test(
  'a layer that is none',
  says,
  replaced('layer: k8s', 'layer: K8S'),
  '1:1 packs: has no pack in the layer k8s; it needs exactly one',
  '20:12 packs[1].layer: "K8S" is not possible; did you mean k8s?',
);
test(
  'an add-on profile with infrastructure',
  says,
  soundAddon.replace('layer: addon', 'layer: cni'),
  '7:12 layer: is cni, but an add-on profile holds only add-ons',
);
test('Full', says, replaced('type: infra', 'type: full'));
test(
  'a type that is none',
  says,
  replaced('type: infra', 'type: infrastructure'),
  '3:7 type: is not a type of profiles (cluster, infra, add-on)',
);
test(
  'a cluster for every cloud',
  says,
  replaced('cloud: edge-native', 'cloud: all'),
  '4:8 cloud: is for add-on profiles alone; name the cloud of the cluster',
);
test(
  'a cloud with a typing error',
  says,
  replaced('cloud: edge-native', 'cloud: edge-nativ'),
  '4:8 warning: cloud: "edge-nativ" is not a documented cloud; did you mean edge-native?',
);
test(
  'a name twice',
  says,
  replaced('cni-calico:3.30.2', 'edge-k3s:1'),
  '22:11 name: edge-k3s is in the profile already; a name must be unique',
  '22:11 warning: version: is not a semantic version such as 1.2.3; Palette may not order it',
);
test(
  'no version',
  says,
  replaced('edge-k3s:1.33.5', 'edge-k3s'),
  '19:5 edge-k3s has no version; a pack of a registry is found by name and version',
);
test(
  'a version that is none',
  says,
  replaced('edge-k3s:1.33.5', 'edge-k3s:1+2'),
  '19:11 version: is not a version; write one such as 1.0.0',
);
test(
  'a registry that is not there',
  says,
  replaced('layer: cni\n    registry: Public Repo', 'layer: cni\n    registry: Public Rep'),
  '24:15 packs[2].registry: is not among the registries; did you mean Public Repo?',
);
test(
  'no registry',
  says,
  replaced('layer: cni\n    registry: Public Repo', 'layer: cni'),
  '22:5 warning: cni-calico names no registry; where several have it, Palette cannot tell which',
);
test(
  'an unknown key, and one in other capitals',
  says,
  replaced('version: 1.0.0', 'version: 1.0.0\nLabels: {}\nowner: me'),
  '3:1 warning: Labels: is not a field of the file of a profile; did you mean labels?',
  '4:1 warning: owner: is not a field of the file of a profile',
);
test(
  'wrong types',
  says,
  replaced('version: 1.0.0', 'version: 1.0\ndescription: [a]'),
  '2:10 version: expected text, found the number 1; write it in quotes',
  '2:10 warning: version: is not a semantic version such as 1.2.3; Palette may not order it',
  '3:1 description: expected text, found a list',
);
test(
  'a key twice',
  says,
  replaced('version: 1.0.0', 'version: 1.0.0\nversion: 1.0.1'),
  '3:1 gives version twice; one of them would be lost',
);
test(
  'a variable that nobody declared',
  says,
  replaced('spectro.var.uri', 'spectro.var.url'),
  '18:22 uses url, which is not declared in variables; did you mean uri?',
  '29:5 warning: variables.uri: is declared, but no pack uses it',
);
test(
  'one in a comment is not used',
  says,
  replaced(
    "        system.uri: '{{.spectro.var.uri}}'",
    '        # {{.spectro.var.uri}}\n        system.uri: NA',
  ),
  '30:5 warning: variables.uri: is declared, but no pack uses it',
);
test(
  'a macro that is not closed',
  says,
  replaced("'{{.spectro.var.uri}}'", "'{{.spectro.var.uri}'"),
  '18:22 edge-native-byoi: begins a macro that is not closed; write }} at its end',
  '29:5 warning: variables.uri: is declared, but no pack uses it',
);
test(
  'values with a fault in them',
  says,
  replaced('      options:\n', '      options:\n        system.uri: ""\n  '),
  '19:11 edge-native-byoi: gives system.uri again, indented below itself; keep one line, indented by 2',
);

const variable = test.macro<[string, ...string[]]>((t, lines, ...expected) => {
  t.deepEqual(said(readText(replaced('    format: string\n    required: true\n', lines))), expected);
});
test(
  'an unknown format',
  variable,
  '    format: ipv4-cidr\n',
  '31:13 variables.uri: "ipv4-cidr" is not a format (string, number, boolean, ipv4, ipv4cidr, ipv6, version); did you mean ipv4cidr?',
);
for (const [format, good, bad, expected] of [
  ['number', '-1.5e3', '1,5', 'a number'],
  ['boolean', 'true', '1', 'true or false'],
  ['ipv4', '10.0.0.1', '10.0.0.256', 'an IPv4 address'],
  ['ipv4cidr', '10.0.0.0/16', '10.0.0.0/33', 'a range of IPv4 addresses, such as 10.0.0.0/16'],
  ['ipv6', '2001:db8::1', '2001:db8:::1', 'an IPv6 address'],
  ['version', 'v1.2.3', '1.2', 'a semantic version, such as 1.2.3'],
]) {
  test(
    `a default of the format ${format}`,
    variable,
    `    format: ${format}\n    default_value: "${good}"\n`,
  );
  test(
    `a default that is not of the format ${format}`,
    variable,
    `    format: ${format}\n    default_value: "${bad}"\n`,
    `32:20 variables.uri.default: has the format ${format}: expected ${expected}, found "${bad}"`,
  );
}
test(
  'hidden and required without a default',
  variable,
  '    required: true\n    hidden: true\n',
  '29:5 variables.uri: is hidden and required, but has no default: nobody could give one',
);
test(
  'immutable without a default',
  variable,
  '    immutable: true\n',
  '29:5 variables.uri: is immutable, but has no default: nobody could give one',
);
test(
  'a sensitive default',
  variable,
  '    is_sensitive: true\n    default_value: s3cret\n',
  '32:20 warning: variables.uri: is sensitive, but its default stands here as plain text',
);
test(
  'a regular expression that is none',
  variable,
  '    regex: "*.*"\n',
  '31:12 variables.uri.regex: is not a regular expression',
);
test(
  'one that the default does not match',
  variable,
  '    regex: "^a+$"\n    default_value: b\n',
  '32:20 variables.uri: does not match the regular expression of the variable',
);
test('one with flags and groups of Go', variable, '    regex: "(?i)^(?P<one>A+)$"\n    default_value: aa\n');
test('a pattern that takes for ever ends', (t) => {
  const spent = processorTime();
  const lines = `    regex: "^(a+)+$"\n    default_value: ${'a'.repeat(60)}b\n`;
  readText(replaced('    format: string\n    required: true\n', lines));
  t.true(spent() < 5000);
});

const json = test.macro<[(text: string) => string, ...string[]]>((t, change, ...expected) => {
  t.deepEqual(said(readJson(change(renderExport(infra)))), expected);
});
test(
  'a comma too many',
  json,
  (text) => text.replace('"infra",', '"infra",,'),
  '3:21 is a comma with nothing before it',
);
test(
  'a trailing comma',
  json,
  (text) => text.replace('"labels": {}', '"labels": {},'),
  '5:17 is a comma with nothing behind it, before }; remove it',
);
test(
  'Packs with a capital',
  json,
  (text) => text.replace('"packs"', '"Packs"'),
  '9:5 spec.template.packs: is missing',
  '12:7 warning: spec.template.Packs: is not a field of the profile; did you mean packs?',
);
test(
  'no list of packs is one fault',
  json,
  (text) => text.replace(/"packs": \[[\s\S]*\]/, '"packs": {}'),
  '12:7 spec.template.packs: expected a list, found a map',
);
test('what objects of the API begin with', json, (text) =>
  text.replace('{', '{ "apiVersion": "v1", "kind": "ClusterProfile",'),
);
test(
  'a key that stands in its place',
  json,
  (text) => text.replace('{', '{ "Kind": "ClusterProfile",'),
  '1:3 warning: Kind: is not a field of the profile; did you mean kind?',
);
test(
  'placeholders',
  json,
  (text) => text.replace('"R"', '"_____place_holder_____"'),
  '22:23 registry.name: is a placeholder; write the name of the registry in Palette',
);

test('in values inside of JSON, the place is that in the JSON', (t) => {
  const values = 'pack:\n  drain:\n    cordon: "yes"\n    é: \\u0000 \t\n    timeout: 60s\n';
  const text = renderExport({
    ...infra,
    packs: infra.packs.map((one) => (one.layer === 'cni' ? pack('cni-calico', 'cni', { values }) : one)),
  });
  const line = text.split('\n').findIndex((row) => row.includes('timeout'));
  const column = (text.split('\n')[line] ?? '').indexOf('60s');
  const faults = said(readJson(text));
  t.true(
    faults.includes(
      `${line + 1}:${column + 1} cni-calico.pack.drain.timeout: counts seconds and has no unit; write 60`,
    ),
    faults.join('\n'),
  );
});

test('in values of ten megabytes every fault has its place, in time', (t) => {
  const filler = `data: |\n${`  ${'0123456789'.repeat(11)}\n`.repeat(90_000)}`;
  const values = `${filler}more: "${'x'.repeat(600_000)}"\npack:\n  drain: {timeout: 60s}\n  content: {images: [https://a/b]}\nlast: '{{.spectro.var.gone}}'\n`;
  const text = renderExport({
    ...infra,
    packs: [...infra.packs.slice(0, 3), pack('csi-x', 'csi', { values: `${values}` })],
  });
  const spent = processorTime();
  const faults = said(readJson(text));
  t.true(spent() < 5000);
  for (const part of ['counts seconds and has no unit', 'is a URL', 'uses gone, which is not declared'])
    t.true(
      faults.some((fault) => fault.includes(part)),
      faults.join('\n'),
    );
});

test('more than YAML may ask for is refused with its place', (t) => {
  const values = `${'['.repeat(200_000)}`;
  const text = renderExport({
    ...infra,
    packs: [...infra.packs.slice(0, 3), pack('csi-x', 'csi', { values })],
  });
  t.regex(said(readJson(text)).join('\n'), /^\d+:\d+ csi-x: is nested more than 50 levels deep$/);
});

const withCluster = (lines: string) => `${soundSource}cluster:\n  name: site\n${lines}`;
const pools =
  '  machine_pools:\n    - name: cp\n      control_plane: true\n      edge_hosts: [{host_uid: a, static_ip: 10.0.0.1}]\n';
test('a cluster', says, withCluster(`  vip: 10.0.0.9\n  variables: {uri: "a/b:1"}\n${pools}`));
test(
  'a cluster with faults',
  says,
  withCluster(
    '  vip: 10.0.0.9\n  overlay_cidr_range: 10.0.0.0\n  variables: {url: x}\n  machine_pools:\n    - name: a\n      edge_hosts: [{host_uid: h, static_ip: 10.0.0}]\n    - name: a\n      edge_hosts: [{host_uid: h}]\n    - name: b\n      edge_hosts: []\n',
  ),
  '33:1 warning: cluster: gives no value to uri, which is required and has no default',
  '36:23 cluster.overlay_cidr_range: is not a range such as 100.64.192.0/24',
  '37:20 cluster.variables.url: is not a variable of the profile; did you mean uri?',
  '38:3 cluster.machine_pools: has no pool with control_plane: true',
  '40:45 cluster.machine_pools[0].edge_hosts[0].static_ip: is not an IP address',
  '41:13 cluster.machine_pools[1].name: is that of another pool',
  '42:31 cluster.machine_pools[1].edge_hosts[0].host_uid: is in a pool already; a host is one node',
  '44:7 cluster.machine_pools[2].edge_hosts: must have at least 1 entry',
);
test(
  'a cluster of add-ons',
  says,
  `${soundAddon}cluster:\n  name: x\n  vip: a.example.com\n${pools}`,
  '1:1 cluster: describes a cluster, which needs a profile with infrastructure',
);

test('set: a single value, its place where it is set', (t) => {
  const text = replaced(
    "        system.uri: '{{.spectro.var.uri}}'\n",
    "        system.uri: x # keep\n    set:\n      options.system.uri: '{{.spectro.var.url}}'\n",
  );
  const read = readText(text);
  t.deepEqual(said(read), [
    '20:27 uses url, which is not declared in variables; did you mean uri?',
    '31:5 warning: variables.uri: is declared, but no pack uses it',
  ]);
  t.regex(
    read.profile?.packs[0]?.values ?? '',
    /^# The OS\.\n[\s\S]*\n {2}system\.uri: '\{\{\.spectro\.var\.url\}\}' # keep\n$/,
  );
});
test(
  'set: what is not there',
  says,
  replaced(
    "        system.uri: '{{.spectro.var.uri}}'\n",
    "        system.uri: '{{.spectro.var.uri}}'\n    set: {options.system.url: x, pack: y}\n",
  ),
  '19:31 packs[0].set.options.system.url: is not in the values; did you mean options.system.uri?',
  '19:40 packs[0].set.pack: is a map there; only single values can be set',
);
test(
  'set: without values',
  says,
  replaced('layer: k8s\n', 'layer: k8s\n    set: {a: 1}\n'),
  '21:5 packs[1].set: has no values to change; they are those of a folder, of values or of values_file',
);

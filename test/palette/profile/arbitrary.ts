/** Profiles for properties: everything that a model can hold and a rule allows. */
import fc from 'fast-check';
import { layers } from '../../../src/palette/pack/schema/pack-json.ts';
import {
  type Cluster,
  type Profile,
  type ProfilePack,
  profileTypes,
  type Registry,
  type Variable,
  variableFormats,
} from '../../../src/palette/profile/model.ts';

export const name = fc.stringMatching(/^[a-z][a-z0-9]{0,6}(?:-[a-z0-9]{1,6}){0,2}$/);
export const version = fc.constantFrom('1.0.0', '18.04.4', '1.33.5-rc.1', 'v2', '1.0.x', '3.30');

/** What a language could take for its own. */
const pieces = fc.constantFrom(
  ...['${', '%{', '$${', '%%{', '$', '%', '{{.spectro.var.a}}', '{{ .x | quote }}', '"', "'", '\\', '\\n'],
  ...[
    '\n',
    '\n\n',
    '\r\n',
    '\r',
    '\t',
    ' ',
    '  ',
    ': ',
    '- ',
    '#',
    ' # ',
    'EOT',
    '\nEOT\n',
    '\n  EOT',
    'a',
    'key: 1',
  ],
  ...['ä', 'é', '漢', '😀', '\u00a0', '\u0085', '\u2028', '\u200b', '\ufeff', '\u0001', '\u0000', '\u007f'],
  ...[
    '~',
    'yes',
    '0o7',
    '1_000',
    '2026-01-01',
    '|',
    '>',
    '&a',
    '*a',
    '!!str',
    '---',
    '...',
    '%YAML',
    '[',
    '}',
    ',',
    '`',
    '@',
  ],
);
export const anyText = fc.oneof(
  fc.array(pieces, { maxLength: 12 }).map((all) => all.join('')),
  fc.string({ maxLength: 20, unit: 'grapheme' }),
);

const line = fc.oneof(
  anyText.map((text) => text.replaceAll(/[\r\n]/g, '')),
  fc.constantFrom(
    'key: value',
    '  nested: ${x}',
    '',
    '   ',
    "- image: '{{.spectro.pack.a.options.system.uri}}'",
  ),
);
/** Most texts have lines, and end with one. */
export const lines = fc.array(line, { minLength: 1, maxLength: 6 }).map((all) => `${all.join('\n')}\n`);
export const values = fc.oneof(lines, anyText, fc.constant(''));

const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const filled = anyText.filter((text) => text !== '');

export const registry: fc.Arbitrary<Registry> = fc.record({
  name: fc.oneof(name, filled),
  uid: maybe(name),
  kind: maybe(fc.constantFrom('pack', 'oci', 'helm')),
  isPrivate: maybe(fc.boolean()),
  providerType: maybe(fc.constant('pack')),
});

const pack: fc.Arbitrary<ProfilePack> = fc.record({
  name,
  type: fc.constantFrom('spectro', 'oci', 'helm', 'manifest'),
  layer: fc.constantFrom(...layers),
  version,
  tag: version,
  values,
  manifests: fc.uniqueArray(fc.record({ name, content: values }), {
    maxLength: 2,
    selector: (one) => one.name,
  }),
  registry: maybe(registry),
});

const variable: fc.Arbitrary<Variable> = fc.record({
  name,
  displayName: filled,
  format: fc.constantFrom(...variableFormats),
  description: anyText,
  defaultValue: anyText,
  regex: anyText,
  required: fc.boolean(),
  immutable: fc.boolean(),
  isSensitive: fc.boolean(),
  hidden: fc.boolean(),
});

const labels = fc.dictionary(name, fc.oneof(name, fc.constant('spectro__tag')), {
  maxKeys: 3,
  noNullPrototype: true,
});

export const profile: fc.Arbitrary<Profile> = fc.record({
  name,
  description: anyText,
  labels,
  version,
  type: fc.constantFrom(...profileTypes),
  cloudType: fc.constantFrom('edge-native', 'all', 'vsphere'),
  packs: fc.uniqueArray(pack, { minLength: 1, maxLength: 4, selector: (one) => one.name }),
  variables: fc.uniqueArray(variable, { maxLength: 2, selector: (one) => one.name }),
});

const host = fc.record({
  uid: name,
  name: maybe(name),
  staticIp: maybe(fc.constant('10.0.0.7')),
  nic: maybe(fc.constant('eth0')),
  gateway: maybe(fc.constant('10.0.0.1')),
  subnetMask: maybe(fc.constant('255.255.255.0')),
  dnsServers: fc.constantFrom([], ['10.0.0.1'], ['10.0.0.1', '2001:db8::1']),
});

export const cluster: fc.Arbitrary<Cluster> = fc.record({
  name,
  tags: fc.array(name, { maxLength: 2 }),
  sshKeys: fc.array(filled, { maxLength: 2 }),
  vip: maybe(fc.constant('10.0.0.2')),
  overlayCidr: maybe(fc.constant('100.64.192.0/24')),
  ntpServers: fc.array(name, { maxLength: 2 }),
  pools: fc.array(
    fc.record({
      name,
      controlPlane: fc.boolean(),
      worker: fc.boolean(),
      labels,
      hosts: fc.array(host, { minLength: 1, maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 2 },
  ),
  variables: fc.dictionary(name, anyText, { maxKeys: 2, noNullPrototype: true }),
});

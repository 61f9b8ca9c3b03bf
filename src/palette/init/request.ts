/** What is asked for a new pack: kinds of packs and their fields as data. Flags, questions and checks come from these rows. */
import { parseImageName } from '../../kubernetes/values/image.ts';
import { agentMode } from '../pack/schema/edge-pack.ts';
import { addonTypes } from '../pack/schema/pack-json.ts';

export const fieldNames = [
  ...['name', 'version', 'displayName', 'uri', 'image', 'osName', 'osVersion', 'imageOwner', 'region'],
  ...[
    'publisher',
    'offer',
    'sku',
    'folder',
    'sshUser',
    'skipK8sInstall',
    'addonType',
    'namespace',
    'group',
    'eol',
  ],
] as const;
export type FieldName = (typeof fieldNames)[number];

export interface FieldRow {
  /** Commander's notation. */
  readonly flags: string;
  readonly help: string;
  readonly question: string;
  /** What is wrong with an answer. */
  readonly check: (text: string) => string | undefined;
}

const notEmpty = (text: string) => (text.trim() === '' ? 'expected a text' : undefined);
const shaped = (pattern: RegExp, expected: string) => (text: string) =>
  pattern.test(text) ? undefined : `expected ${expected}`;
const image = (text: string) =>
  text === agentMode || text.includes('{{') || parseImageName(text) !== undefined
    ? undefined
    : `expected the name of an image, such as registry.example.com/bos:1.0.0, or ${agentMode}`;

export const fields: Readonly<Record<FieldName, FieldRow>> = {
  name: {
    flags: '--name <name>',
    help: 'of the pack: lower-case letters, digits, dots and hyphens',
    question: 'Name of the pack:',
    check: shaped(
      /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/,
      'lower-case letters and digits, such as my-pack',
    ),
  },
  version: {
    flags: '--pack-version <version>',
    help: 'of the pack; 1.0.0 by default, or that of the build',
    question: 'Version of the pack:',
    check: shaped(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/, 'a version that is a tag, too, such as 1.0.0'),
  },
  displayName: {
    flags: '--display-name <text>',
    help: 'what Palette calls it',
    question: 'Name to show:',
    check: notEmpty,
  },
  uri: {
    flags: '--uri <image>',
    help: `image of the OS for system.uri, by tag or digest; ${agentMode} for agent mode`,
    question: `Image of the OS (${agentMode} for agent mode):`,
    check: image,
  },
  image: {
    flags: '--image <id>',
    help: 'image of the cloud: its id, or for vSphere a path or the URL of an .ova',
    question: 'Image (id, path of a template, or URL of an .ova):',
    check: notEmpty,
  },
  osName: {
    flags: '--os-name <name>',
    help: 'of the OS, such as rhel',
    question: 'Name of the OS:',
    check: notEmpty,
  },
  osVersion: {
    flags: '--os-version <version>',
    help: 'of the OS, such as 8',
    question: 'Version of the OS:',
    check: notEmpty,
  },
  imageOwner: {
    flags: '--image-owner <account>',
    help: 'account that the image belongs to',
    question: 'Account that owns the image:',
    check: shaped(/^(?:\d{12}|self|amazon|aws-marketplace)$/, 'an account of 12 digits'),
  },
  region: {
    flags: '--region <region>',
    help: 'region of the cloud that has the image',
    question: 'Region:',
    check: shaped(/^[a-z]{2}[a-z0-9-]+\d$/, 'a region such as us-east-1'),
  },
  publisher: {
    flags: '--publisher <name>',
    help: 'publisher of the image',
    question: 'Publisher:',
    check: notEmpty,
  },
  offer: { flags: '--offer <name>', help: 'offer of the image', question: 'Offer:', check: notEmpty },
  sku: { flags: '--sku <name>', help: 'SKU of the image', question: 'SKU:', check: notEmpty },
  folder: {
    flags: '--folder <name>',
    help: 'folder of the data centre for templates',
    question: 'Folder for templates:',
    check: notEmpty,
  },
  sshUser: {
    flags: '--ssh-user <name>',
    help: 'who logs in over ssh',
    question: 'User for ssh:',
    check: notEmpty,
  },
  skipK8sInstall: {
    flags: '--skip-k8s-install <boolean>',
    help: 'true when the image has Kubernetes already; false by default',
    question: 'Has the image Kubernetes already (true or false):',
    check: shaped(/^(?:true|false)$/, 'true or false'),
  },
  addonType: {
    flags: '--addon-type <type>',
    help: 'what an add-on is: logging, monitoring, "system app" and others',
    question: 'Kind of add-on:',
    check: (text) => (addonTypes.includes(text) ? undefined : `expected one of: ${addonTypes.join(', ')}`),
  },
  namespace: {
    flags: '--namespace <name>',
    help: 'where charts and manifests go',
    question: 'Namespace:',
    check: shaped(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'lower-case letters, digits and hyphens'),
  },
  group: { flags: '--group <text>', help: 'such as LTS', question: 'Group:', check: notEmpty },
  eol: {
    flags: '--eol <date>',
    help: 'end of life, such as 2028-04-30',
    question: 'End of life:',
    check: shaped(/^\d{4}-\d{2}-\d{2}$/, 'a date such as 2028-04-30'),
  },
};

export type Answers = Readonly<Partial<Record<FieldName, string>>>;

export const kindNames = ['edge', 'generic', 'aws', 'azure', 'vsphere', 'addon'] as const;
export type KindName = (typeof kindNames)[number];

export interface KindRow {
  readonly title: string;
  /** Asked for in this order; what has a default may be left out on the command line. */
  readonly fields: readonly FieldName[];
  readonly defaults: Answers;
  readonly layer: 'os' | 'addon';
  readonly clouds: readonly string[];
}

const ofImage = ['osName', 'sshUser', 'skipK8sInstall'] as const;
const os = { version: '1.0.0', skipK8sInstall: 'false' };

export const kinds: Readonly<Record<KindName, KindRow>> = {
  edge: {
    title: 'OS of edge hosts (edge-native-byoi): an image that system.uri names',
    fields: ['uri', 'version', 'displayName'],
    defaults: { name: 'edge-native-byoi', version: '1.0.0', displayName: 'Bring Your Own OS (Edge)' },
    ...{ layer: 'os', clouds: ['edge-native'] },
  },
  generic: {
    title: 'OS of other clouds (generic-byoi): an image that osImageOverride names',
    fields: ['image', 'osName', 'osVersion', 'version', 'displayName'],
    defaults: { name: 'generic-byoi', version: '1.0.0', displayName: 'Bring Your Own OS' },
    ...{ layer: 'os', clouds: ['all'] },
  },
  aws: {
    title: 'custom OS for AWS',
    fields: ['name', 'version', 'displayName', 'image', 'imageOwner', 'region', ...ofImage],
    ...{ defaults: os, layer: 'os', clouds: ['aws'] },
  },
  azure: {
    title: 'custom OS for Azure',
    fields: ['name', 'version', 'displayName', 'publisher', 'offer', 'sku', ...ofImage],
    ...{ defaults: os, layer: 'os', clouds: ['azure'] },
  },
  vsphere: {
    title: 'custom OS for vSphere: a template there, or an .ova that is fetched',
    fields: ['name', 'version', 'displayName', 'image', 'folder', ...ofImage],
    defaults: { ...os, folder: 'spectro-templates' },
    ...{ layer: 'os', clouds: ['vsphere'] },
  },
  addon: {
    title: 'add-on: charts and manifests',
    fields: ['name', 'version', 'displayName', 'addonType', 'namespace'],
    defaults: { version: '1.0.0' },
    ...{ layer: 'addon', clouds: ['all'] },
  },
};

export interface PackRequest {
  readonly kind: KindName;
  readonly answers: Answers;
  /** In the place of the kind's own. */
  readonly clouds?: readonly string[] | undefined;
  /** Paths of files that become part of the pack. */
  readonly charts: readonly string[];
  readonly manifests: readonly string[];
  /** More images for `pack.content.images`. */
  readonly images: readonly string[];
  /** Write `pack.drain` as values, not as a comment. */
  readonly drain: boolean;
}

/** Fields of a kind that have neither an answer nor a default. The name to show follows from the name. */
export function missingFields({
  kind,
  answers,
}: Pick<PackRequest, 'kind' | 'answers'>): readonly FieldName[] {
  const { fields: wanted, defaults } = kinds[kind];
  return wanted.filter(
    (name) =>
      answers[name] === undefined &&
      defaults[name] === undefined &&
      !(name === 'displayName' && answers.name !== undefined) &&
      name !== 'namespace',
  );
}

/** The answer of a field, or what stands for it. */
export const answerOf = ({ kind, answers }: Pick<PackRequest, 'kind' | 'answers'>, name: FieldName): string =>
  answers[name] ?? kinds[kind].defaults[name] ?? (name === 'displayName' ? (answers.name ?? '') : '');

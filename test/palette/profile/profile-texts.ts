/** Profiles for tests, in both forms, and what is said of them. */
import { Findings, type ProfileFinding, SourceText } from '../../../src/palette/profile/findings.ts';
import type { Profile, ProfilePack } from '../../../src/palette/profile/model.ts';
import { type ProfileParts, profileOf } from '../../../src/palette/profile/parts.ts';
import { readExport } from '../../../src/palette/profile/read/read-export.ts';
import { type NamedFiles, openSource, readSource } from '../../../src/palette/profile/read/read-source.ts';
import { validateProfile } from '../../../src/palette/profile/validate.ts';

/** No error, no warning. */
export const soundSource = `name: edge-infra
version: 1.0.0
type: infra
cloud: edge-native
registries:
  Public Repo: {kind: pack}
packs:
  - pack: edge-native-byoi:2.1.0
    layer: os
    registry: Public Repo
    values: |
      # The OS.
      pack:
        content:
          images:
            - image: '{{.spectro.pack.edge-native-byoi.options.system.uri}}'
      options:
        system.uri: '{{.spectro.var.uri}}'
  - pack: edge-k3s:1.33.5
    layer: k8s
    registry: Public Repo
  - pack: cni-calico:3.30.2
    layer: cni
    registry: Public Repo
  - pack: csi-longhorn:1.9.0
    layer: csi
    registry: Public Repo
variables:
  - name: uri
    display_name: Image of the OS
    format: string
    required: true
`;

export const soundAddon = `name: web
version: 1.0.0
type: add-on
cloud: all
packs:
  - pack: web
    layer: addon
    type: manifest
    manifests:
      - name: site
        content: |
          kind: Namespace
`;

const none: NamedFiles = { folders: new Map(), files: new Map() };

export interface Read {
  readonly parts: ProfileParts | undefined;
  readonly profile: Profile | undefined;
  readonly findings: readonly ProfileFinding[];
}

const checked = (parts: ProfileParts | undefined, findings: Findings, file: string): Read => ({
  parts,
  profile: parts && profileOf(parts),
  findings: validateProfile(parts, findings, file),
});

export function readText(text: string, named = none): Read {
  const findings = new Findings();
  const view = openSource(new SourceText('p.yaml', text), findings.tell);
  return checked(view && readSource(view, named, findings.tell), findings, 'p.yaml');
}

export function readJson(text: string): Read {
  const findings = new Findings();
  return checked(readExport(new SourceText('p.json', text), findings.tell), findings, 'p.json');
}

/** `LINE:COLUMN [warning: ]key: message` of each fault. */
export const said = ({ findings }: Read): readonly string[] =>
  findings.map(({ severity, place: { line, column }, key, message }) =>
    [`${line}:${column}`, severity === 'error' ? '' : 'warning:', key === undefined ? '' : `${key}:`, message]
      .filter((part) => part !== '')
      .join(' '),
  );

export const pack = (name: string, layer: string, more: Partial<ProfilePack> = {}): ProfilePack => ({
  ...{ name, layer, type: 'spectro', version: '1.0.0', tag: '1.0.0', values: '', manifests: [] },
  registry: { name: 'R', uid: undefined, kind: 'pack', isPrivate: undefined, providerType: undefined },
  ...more,
});

export const infra: Profile = {
  ...{
    name: 'infra',
    description: '',
    labels: {},
    version: '1.0.0',
    type: 'infra',
    cloudType: 'edge-native',
  },
  packs: [
    pack('edge-native-byoi', 'os'),
    pack('edge-k3s', 'k8s'),
    pack('cni-calico', 'cni'),
    pack('csi-x', 'csi'),
  ],
  variables: [],
};

/** Milliseconds of the processor from now on: others on the machine do not count. */
export function processorTime(): () => number {
  const begin = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(begin);
    return (user + system) / 1000;
  };
}

/** A new profile from the packs that a person names: its file, with comments, for whoever goes on with it. */
import { dirname, relative, resolve } from 'node:path';
import { usage } from '../../../errors.ts';
import type { Files } from '../../../host/ports.ts';
import { parseJson } from '../../json/parse-json.ts';
import { PackText } from '../../pack/pack-view.ts';
import { layers } from '../../pack/schema/pack-json.ts';
import { defaultPackType, edgeCloud, type Profile, type ProfilePack, type ProfileType } from '../model.ts';
import { renderSource } from '../render/source.ts';

export interface ProfileRequest {
  readonly type: ProfileType;
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** `[LAYER=]NAME:VERSION`, or folders; in their order. */
  readonly packs: readonly string[];
  /** The registry in Palette that has them. */
  readonly registry: string | undefined;
}

const known: readonly (readonly [RegExp, string])[] = [
  [/^(?:edge-native-byoi|generic-byoi|(?:edge-native-)?(?:ubuntu|centos|rhel|sles|opensuse)\b)/, 'os'],
  [/^(?:edge-)?(?:k3s|rke2|k8s|kubernetes|microk8s|nodeadm|canonical)/, 'k8s'],
  [/^cni-/, 'cni'],
  [/^csi-/, 'csi'],
];

/** The layer that packs of such a name are in; everything that is not known is an add-on. */
export const layerOf = (name: string): string =>
  known.find(([pattern]) => pattern.test(name))?.[1] ?? 'addon';

export const isReference = (text: string): boolean => /^(?:[a-z0-9]+=)?[A-Za-z0-9._-]+:[^/]+$/.test(text);

/**
 * The text of the file that is to lie at `output`; folders are named from there. Throws OpsError (usage) `profile-pack` for
 * what is neither a folder nor a reference.
 */
export async function newProfile(
  files: Files,
  request: ProfileRequest,
  { cwd, output }: { readonly cwd: string; readonly output: string },
): Promise<string> {
  const folders = new Map<string, string>();
  const packs: ProfilePack[] = [];
  for (const given of request.packs) {
    const pack = isReference(given) ? referenced(given) : await inFolder(files, given, cwd);
    if (!isReference(given)) folders.set(pack.name, fromFolder(dirname(output), resolve(cwd, given)));
    const { registry } = request;
    packs.push({
      ...pack,
      registry:
        registry === undefined
          ? undefined
          : {
              name: registry,
              uid: undefined,
              kind: undefined,
              isPrivate: undefined,
              providerType: undefined,
            },
    });
  }
  const { name, version, description, type } = request;
  const profile: Profile = {
    ...{ name, version, description, type, cloudType: edgeCloud, labels: {}, variables: [] },
    packs: packs.toSorted((a, b) => rank(a) - rank(b)),
  };
  return renderSource(profile, undefined, { comments, folders });
}

const comments = {
  registries: 'As they are called in Palette; uid and kind (pack, oci, helm) may be added.',
  packs: 'In the order of their layers. values: or values_file: replace what a pack has itself.',
};

const rank = ({ layer }: ProfilePack): number => (layers as readonly string[]).indexOf(layer);

const empty = { type: defaultPackType, values: '', manifests: [], registry: undefined };

function referenced(given: string): ProfilePack {
  const [, layer, name = '', version = ''] = /^(?:([a-z0-9]+)=)?([^:]+):(.+)$/.exec(given) ?? [];
  return { ...empty, name, version, tag: version, layer: layer ?? layerOf(name) };
}

/** Name, version and layer stay in the folder: the file names that alone. */
async function inFolder(files: Files, given: string, cwd: string): Promise<ProfilePack> {
  const text = await files.readText(resolve(cwd, given, 'pack.json')).catch(() => undefined);
  if (text === undefined)
    throw usage('profile-pack', `${given} is neither NAME:VERSION nor the folder of a pack`, {
      hint: 'Name the folder that pack.json is in, or write NAME:VERSION of a pack in a registry.',
    });
  const { root } = parseJson(text);
  const layer = root === undefined ? undefined : new PackText('', text, root).text('layer');
  return { ...empty, name: given, version: '', tag: '', layer: layer ?? 'addon' };
}

const fromFolder = (from: string, to: string): string => relative(from, to) || '.';

/** A person at a terminal makes a profile: what the command line has not said, layer by layer. */
import { isReference, layerOf, type ProfileRequest } from '../../../palette/profile/init/new-profile.ts';
import { defaultVersion, type ProfileType } from '../../../palette/profile/model.ts';
import type { Ask } from '../../terminal/ask.ts';
import { validateInput } from '../../terminal/validate-input.ts';
import { type Conversation, withWayBack } from '../../terminal/way-back.ts';

/** What the command line says. */
export type GivenProfile = Omit<ProfileRequest, 'type' | 'name' | 'version'> & {
  readonly type: ProfileType | undefined;
  readonly name: string | undefined;
  readonly version: string | undefined;
};

const titles: readonly (readonly [ProfileType, string])[] = [
  ['infra', 'infrastructure: OS, Kubernetes, network and storage'],
  ['cluster', 'full: infrastructure with add-ons'],
  ['add-on', 'add-ons alone'],
];

/** Throws `left` (interrupted). */
export function askForProfile(
  ask: Ask,
  tell: (text: string) => void,
  given: GivenProfile,
): Promise<ProfileRequest> {
  return withWayBack(ask, tell, (talk) => answered(talk, given), 'opsctl profile init');
}

async function answered(talk: Conversation, given: GivenProfile): Promise<ProfileRequest> {
  const type =
    given.type ??
    (await talk.select({
      message: 'Which type of profile?',
      choices: titles.map(([value, name]) => ({ name, value, short: value })),
    }));
  const name =
    given.name ||
    (await talk.input({
      message: 'Name of the profile:',
      validate: validateInput((text) =>
        /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(text)
          ? undefined
          : 'expected letters and digits, such as edge-infra',
      ),
    }));
  const version =
    given.version ?? (await talk.input({ message: 'Version of the profile:', default: defaultVersion }));
  const packs = given.packs.length > 0 ? given.packs : await packsOf(talk, type);
  const needsRegistry = given.registry === undefined;
  const registry = needsRegistry
    ? (
        await talk.input({
          message: 'Registry that has the packs, as Palette calls it:',
          default: 'Public Repo',
        })
      ).trim()
    : given.registry;
  return { ...given, type, name: name.trim(), version: version.trim(), packs, registry };
}

const form = 'folder of a pack, or NAME:VERSION';

async function packsOf(talk: Conversation, type: ProfileType): Promise<readonly string[]> {
  const packs: string[] = [];
  const layers = type === 'add-on' ? [] : ['os', 'k8s', 'cni', 'csi'];
  for (const layer of layers) {
    const optional = layer === 'csi';
    const pack = (
      await talk.input({
        message: `Pack in the layer ${layer} (${form}${optional ? '; Enter for none' : ''}):`,
        validate: validateInput((text) => (text !== '' || optional ? undefined : `expected a ${form}`)),
      })
    ).trim();
    if (pack === '') continue;
    // What was asked for decides, whatever the name says.
    const plain = isReference(pack) && !pack.includes('=') && layerOf(pack) !== layer;
    packs.push(plain ? `${layer}=${pack}` : pack);
  }
  while (type !== 'infra') {
    const first = type === 'add-on' && packs.length === 0;
    const pack = (
      await talk.input({
        message: `Add-on (${form}${first ? '' : '; Enter for no more'}):`,
        validate: validateInput((text) => (text !== '' || !first ? undefined : `expected a ${form}`)),
      })
    ).trim();
    if (pack === '') break;
    packs.push(pack);
  }
  return packs;
}

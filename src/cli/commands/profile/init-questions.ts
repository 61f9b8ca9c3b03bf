/** A person at a terminal makes a profile: what the command line has not said, layer by layer. */
import { isReference, layerOf, type ProfileRequest } from '../../../palette/profile/init/new-profile.ts';
import { defaultVersion, type ProfileType } from '../../../palette/profile/model.ts';
import { namePattern } from '../../../palette/profile/rules/names.ts';
import type { Ask } from '../../terminal/ask.ts';
import { validateInput } from '../../terminal/validate-input.ts';
import { type Conversation, withWayBack } from '../../terminal/way-back.ts';

/** What the command line says. */
export type GivenProfile = Omit<ProfileRequest, 'type' | 'name' | 'version'> & {
  readonly type: ProfileType | undefined;
  readonly name: string | undefined;
  readonly version: string | undefined;
};

/** Whether a folder is that of a pack. */
export type IsPack = (folder: string) => Promise<boolean>;

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
  isPack: IsPack,
): Promise<ProfileRequest> {
  return withWayBack(ask, tell, (talk) => answered(talk, given, isPack), 'opsctl profile init');
}

async function answered(talk: Conversation, given: GivenProfile, isPack: IsPack): Promise<ProfileRequest> {
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
        namePattern.test(text) ? undefined : 'expected letters and digits, such as edge-infra',
      ),
    }));
  const version =
    given.version ?? (await talk.input({ message: 'Version of the profile:', default: defaultVersion }));
  const packs = given.packs.length > 0 ? given.packs : await packsOf(talk, type, isPack);
  const registry =
    given.registry ??
    (await talk.input({ message: 'Registry that has them in Palette:', default: 'Public Repo' }));
  return { ...given, type, name: name.trim(), version: version.trim(), packs, registry: registry.trim() };
}

async function packsOf(talk: Conversation, type: ProfileType, isPack: IsPack): Promise<readonly string[]> {
  const packs: string[] = [];
  const layers = type === 'add-on' ? [] : ['os', 'k8s', 'cni', 'csi'];
  for (const layer of layers) {
    const pack = await packOf(talk, `Pack for ${layer}`, layer === 'csi', isPack);
    if (pack === '') continue;
    // What was asked for decides, whatever the name says.
    const plain = isReference(pack) && !pack.includes('=') && layerOf(pack) !== layer;
    packs.push(plain ? `${layer}=${pack}` : pack);
  }
  while (type !== 'infra') {
    const pack = await packOf(talk, 'Add-on', packs.length > 0, isPack);
    if (pack === '') break;
    packs.push(pack);
  }
  return packs;
}

/** Empty for none. */
async function packOf(talk: Conversation, what: string, optional: boolean, isPack: IsPack): Promise<string> {
  const answer = await talk.input({
    message: `${what} (folder, or NAME:VERSION${optional ? '; Enter for none' : ''}):`,
    validate: async (text) => {
      const pack = text.trim();
      if (pack === '' ? optional : isReference(pack) || (await isPack(pack))) return true;
      return 'expected the folder that pack.json is in, or NAME:VERSION';
    },
  });
  return answer.trim();
}

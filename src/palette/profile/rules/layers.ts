/** Which layers a profile of each type has, how often, and in which order. */
import { didYouMean } from '../../../config/nearest.ts';
import { edgePack } from '../../pack/schema/edge-pack.ts';
import { cloudTypes } from '../../pack/schema/pack-json.ts';
import type { Tell } from '../findings.ts';
import { edgeCloud, profileTypes } from '../model.ts';
import type { PackParts, ProfileParts } from '../parts.ts';

/** What a cluster stands on, in the order in which it is laid. */
const core = ['os', 'k8s', 'cni', 'csi'] as const;
const needed = ['os', 'k8s', 'cni'] as const;

export function layerRules(profile: ProfileParts, tell: Tell): void {
  checkKind(profile, tell);
  const type = profile.type?.value;
  if (profile.packs.length === 0) {
    if (profile.hasPacks) tell('error', profile.at, 'has no packs', 'packs');
  } else if (type === 'add-on') checkAddon(profile, tell);
  else if (type === 'cluster' || type === 'infra') checkCore(profile, type, tell);
}

function checkKind({ type, cloudType, at }: ProfileParts, tell: Tell): void {
  const types = profileTypes.join(', ');
  if (type !== undefined && !profileTypes.some((known) => known === type.value)) {
    const meant = /^full$/i.test(type.value)
      ? '; Full is written cluster'
      : didYouMean(type.value, profileTypes);
    tell('error', type.at, `is not a type of profiles (${types})${meant}`, 'type');
  }
  if (cloudType === undefined) tell('warning', at, `has no cloud; ${edgeCloud} is taken`, 'cloud');
  else if (!cloudTypes.includes(cloudType.value))
    tell(
      'warning',
      cloudType.at,
      `"${cloudType.value}" is not a documented cloud${didYouMean(cloudType.value, cloudTypes)}`,
      'cloud',
    );
  else if (cloudType.value === 'all' && type !== undefined && type.value !== 'add-on')
    tell('error', cloudType.at, 'is for add-on profiles alone; name the cloud of the cluster', 'cloud');
}

const nameOf = ({ name }: PackParts): string => name?.value ?? 'it';
const isLayer = (layer: string) => (pack: PackParts) => pack.layer?.value === layer;

/** An add-on makes no cluster by itself. */
function checkCluster({ cluster, at }: ProfileParts, tell: Tell): void {
  if (cluster !== undefined)
    tell('error', at, 'describes a cluster, which needs a profile with infrastructure', 'cluster');
}

function checkAddon(profile: ProfileParts, tell: Tell): void {
  checkCluster(profile, tell);
  for (const { layer } of profile.packs)
    if (layer !== undefined && core.some((one) => one === layer.value))
      tell('error', layer.at, `is ${layer.value}, but an add-on profile holds only add-ons`, 'layer');
}

function checkCore({ packs, at, cloudType }: ProfileParts, type: string, tell: Tell): void {
  for (const layer of core) {
    const [first, ...more] = packs.filter(isLayer(layer));
    if (first === undefined) {
      if (needed.some((one) => one === layer))
        tell('error', at, `has no pack in the layer ${layer}; it needs exactly one`, 'packs');
      else tell('warning', at, `has no pack in the layer ${layer}: volumes need one`, 'packs');
    }
    for (const pack of more)
      tell(
        'error',
        pack.layer?.at ?? pack.at,
        `is ${layer}, which ${first?.name?.value ?? 'another pack'} is already; a profile has one`,
        'layer',
      );
  }
  checkOrder(packs, tell);
  for (const pack of packs) {
    if (type === 'infra' && isLayer('addon')(pack))
      tell(
        'warning',
        pack.at,
        `${nameOf(pack)} is an add-on; a profile with add-ons is full (cluster in JSON)`,
      );
    if (
      cloudType?.value === edgeCloud &&
      isLayer('os')(pack) &&
      pack.name !== undefined &&
      pack.name.value !== edgePack
    )
      tell('warning', pack.name.at, `is not ${edgePack}, the OS of edge hosts`, 'name');
  }
}

/** Palette lays them over each other as they stand. */
function checkOrder(packs: readonly PackParts[], tell: Tell): void {
  const order: readonly string[] = ['kernel', ...core, 'addon'];
  let highest = 0;
  for (const { layer, at } of packs) {
    const rank = layer === undefined ? -1 : order.indexOf(layer.value);
    if (rank < 0) continue;
    if (rank < highest)
      tell(
        'warning',
        layer?.at ?? at,
        `stands behind ${order[highest]}; the order is ${core.join(', ')}, then add-ons`,
        'layer',
      );
    else highest = rank;
  }
}

/** The values of a new pack, with comments for whoever edits them in Palette; presets and rules. Pure. */
import { stringify } from 'yaml';
import { agentMode, uriKey, uriMacro } from '../pack/schema/edge-pack.ts';
import { chartName, manifestName } from './render-meta.ts';
import { answerOf, type PackRequest } from './request.ts';

/** A text as it is written behind a colon; Palette reads YAML 1.1. */
const quoted = (text: string): string => stringify(text, { version: '1.1', lineWidth: 0 }).trimEnd();

/** `images` are those that the manifests of the pack start. */
export function renderValues(request: PackRequest, images: readonly string[]): string {
  const all = [...new Set([...request.images, ...images])];
  switch (request.kind) {
    case 'edge':
      return edgeValues(request, all);
    case 'generic':
      return genericValues(request);
    case 'addon':
      return addonValues(request, all);
    default:
      return '# Palette takes the image from the annotations in pack.json: there is nothing to set here.\n';
  }
}

function contentOf(images: readonly string[]): readonly string[] {
  if (images.length === 0) return [];
  return ['  content:', '    images:', ...images.map((image) => `      - image: ${quoted(image)}`)];
}

const drainRows: readonly (readonly [row: string, why?: string])[] = [
  ['cordon: true', 'nothing is drained without it'],
  ['timeout: 60', 'for the whole node; 0 for no limit'],
  ['gracePeriod: 60', "for each pod; the pod's own if negative"],
  ['ignoreDaemonSets: true'],
  ['deleteLocalData: true', 'go on at pods with an emptyDir, whose data are lost'],
  ['force: true', 'go on at pods that nothing would make again'],
  ['disableEviction: false', 'true deletes pods without asking disruption budgets'],
  ['skipWaitForDeleteTimeout: 60', 'wait no longer for pods that have been ending for so long; above 0'],
];

/** As values, or as a comment to take the signs away from. */
function drainOf({ drain }: PackRequest): readonly string[] {
  const sign = drain ? '' : '# ';
  return [
    '  # How a node is emptied before it changes. Times are seconds, without a unit.',
    `  ${sign}drain:`,
    ...drainRows.map(([row, why]) => `  ${sign}  ${row}${why === undefined ? '' : ` # ${why}`}`),
  ];
}

function edgeValues(request: PackRequest, images: readonly string[]): string {
  const uri = answerOf(request, 'uri');
  const own = uri === agentMode ? [] : [uriMacro];
  return [
    'pack:',
    ...contentOf([...own, ...images.filter((image) => !own.includes(image))]),
    ...drainOf(request),
    'options:',
    `  # The image of the OS: REPOSITORY:TAG or REPOSITORY@DIGEST; "${agentMode}" for agent mode. The dot is part of the name.`,
    `  ${uriKey}: ${quoted(uri)}`,
    ...(request.answers.osName === undefined ? [] : [`  system.osName: ${quoted(request.answers.osName)}`]),
    ...(request.answers.osVersion === undefined
      ? []
      : [`  system.osVersion: ${quoted(request.answers.osVersion)}`]),
    '',
  ].join('\n');
}

const genericValues = (request: PackRequest): string =>
  [
    'pack:',
    '  # The image as its cloud calls it.',
    `  osImageOverride: ${JSON.stringify(answerOf(request, 'image'))}`,
    `  osName: ${JSON.stringify(answerOf(request, 'osName'))}`,
    `  osVersion: ${JSON.stringify(answerOf(request, 'osVersion'))}`,
    ...(request.drain ? drainOf(request) : []),
    '',
  ].join('\n');

function addonValues(request: PackRequest, images: readonly string[]): string {
  const section = (name: string, names: readonly string[], comment: string) =>
    names.length === 0 ? [] : [`# ${comment}`, `${name}:`, ...names.map((one) => `  ${quoted(one)}: {}`)];
  const { namespace } = request.answers;
  const pack = [
    ...(namespace === undefined
      ? []
      : ['  # Where charts and manifests go.', `  namespace: ${quoted(namespace)}`]),
    ...(images.length === 0
      ? []
      : [
          '  # Every image that the pack needs: a cluster in local mode, and a content bundle, have no other.',
        ]),
    ...contentOf(images),
  ];
  return [
    ...(pack.length === 0 ? ['pack: {}'] : ['pack:', ...pack]),
    ...section('charts', request.charts.map(chartName), 'Values for each chart, as for helm.'),
    ...section(
      'manifests',
      request.manifests.map(manifestName),
      'Values for each manifest that has parameters.',
    ),
    '',
  ].join('\n');
}

/** Sets of values to choose from; undefined for kinds that have none. */
export function renderPresets({ kind }: PackRequest): string | undefined {
  if (kind !== 'edge') return undefined;
  const add = ['pack:', '  drain:', ...drainRows.map(([row]) => `    ${row}`), ''].join('\n');
  return stringify({
    presets: [
      { name: 'drain', displayName: 'Drain nodes', group: 'drain', remove: [], add },
      {
        name: 'no-drain',
        displayName: 'Do not drain nodes',
        group: 'drain',
        remove: ['pack.drain'],
        add: '',
      },
    ],
  });
}

/** Rules for values, by their paths; undefined for kinds that have none. */
export function renderParameters({ kind }: PackRequest): string | undefined {
  const rule = (path: string, words: string) => `${path}:\n  schema: '{{ ${words} }}'\n`;
  if (kind === 'edge')
    return rule(`options.${uriKey}`, `required | hints "image of the OS, or ${agentMode} for agent mode"`);
  if (kind !== 'generic') return undefined;
  return [
    rule('pack.osImageOverride', 'required | hints "image as its cloud calls it"'),
    rule('pack.osName', 'required'),
    rule('pack.osVersion', 'required'),
  ].join('');
}

/** The OS pack of an edge host: `options`, whose keys have dots in them, and the image that `system.uri` names. */
import { parseImageName } from '../../../kubernetes/values/image.ts';
import { hasMacro } from '../../yaml/read-yaml.ts';
import type { PackRule, PackView, Report } from '../pack-view.ts';
import { besidePack } from './nesting.ts';

/** The pack that Palette looks for. */
export const edgePack = 'edge-native-byoi';
export const uriKey = 'system.uri';
/** The system was installed by somebody else, and Palette only has its agent there. */
export const agentMode = 'NA';
const path = ['options', uriKey] as const;
/** Keys that the uri may be put together from (versions 2.0 and later of the pack). */
const parts = ['registry', 'repo', 'k8sDistribution', 'osName', 'peVersion', 'customTag', 'osVersion'].map(
  (name) => `system.${name}`,
);
/** What the pack's own values are called by. */
export const uriMacro = `{{.spectro.pack.${edgePack}.options.${uriKey}}}`;

export const systemUriRules: PackRule = (pack, report) => {
  if (pack.name !== edgePack || pack.values.root.kind !== 'map') return;
  const { values } = pack;
  const nested = values.at('options', 'system');
  if (nested?.kind === 'map') nestedKeys(pack, report);
  else if (!values.has(...path)) {
    const empty = values.at(...path) !== undefined;
    report(
      'error',
      values,
      empty ? path : ['options'],
      `${empty ? '' : `has no ${uriKey}: `}it must name the image of the OS, or be "${agentMode}" for agent mode`,
    );
  } else checkUri(pack, report);
  if (nested === undefined && besidePack(values.root).length === 0) checkContent(pack, report);
};

/** `system: {uri: …}`: the dot is part of the name. */
function nestedKeys({ values }: PackView, report: Report): void {
  report(
    'error',
    values,
    ['options', 'system'],
    `is a map; the dot is part of the name: write ${values
      .names('options', 'system')
      .map((name) => `system.${name}: …`)
      .join(', ')}`,
  );
}

function checkUri({ values }: PackView, report: Report): void {
  const uri = values.text(...path);
  if (uri === undefined) {
    report('error', values, path, 'expected the name of an image');
    return;
  }
  if (hasMacro(uri) || uri === agentMode) return;
  const name = parseImageName(uri);
  if (uri.trim() === '')
    report(
      'error',
      values,
      path,
      `is empty; name the image of the OS, or write "${agentMode}" for agent mode`,
    );
  else if (uri.toUpperCase() === agentMode || uri.toUpperCase() === 'N/A')
    report(
      'error',
      values,
      path,
      `is written "${agentMode}" for agent mode`,
      values.replaced(path, () => `"${agentMode}"`),
    );
  else if (/^[a-z]+:\/\//i.test(uri))
    report('error', values, path, 'is a URL; an image has no https:// in front');
  else if (name === undefined) report('error', values, path, 'is not the name of an image');
  else if (name.tag === undefined && name.digest === undefined)
    report('warning', values, path, 'has no tag: nodes take whatever latest is on the day');
  else if (name.digest === undefined && name.tag === 'latest')
    report('warning', values, path, 'has the tag latest: nodes take whatever that is on the day');
}

function checkContent({ values }: PackView, report: Report): void {
  const images = values
    .items('pack', 'content', 'images')
    .map((item) => values.text(...item, 'image') ?? values.word(...item));
  const uri = values.word(...path);
  if (uri === agentMode || images.some((image) => hasMacro(image) || image === uri)) return;
  report(
    'warning',
    values,
    values.has('pack', 'content', 'images') ? ['pack', 'content', 'images'] : ['pack'],
    `does not name the image of the OS: a content bundle would lack it; write - image: '${uriMacro}'`,
  );
}

/** Keys of `options` that the pack reads. */
export const optionKeys: readonly string[] = [uriKey, ...parts];

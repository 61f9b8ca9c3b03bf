/** The OS pack of an edge host: `options`, whose keys have dots in them, and the image that `system.uri` names. */
import { parseImageName } from '../../../kubernetes/values/image.ts';
import { notAnImage } from '../../../kubernetes/values/not-an-image.ts';
import { hasMacro } from '../../yaml/read-yaml.ts';
import type { PackRule, PackView, Report } from '../pack-view.ts';
import { agentMode, edgePack, uriKey, uriMacro } from '../schema/edge-pack.ts';
import { besidePack } from './nesting.ts';

const path = ['options', uriKey] as const;
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
  else if (name === undefined) report('error', values, path, notAnImage(uri));
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

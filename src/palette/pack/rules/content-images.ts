/** `pack.content.images`: what is loaded into a cluster that is managed locally, or carried to one without a network. */
import { didYouMean } from '../../../config/nearest.ts';
import { parseImageName } from '../../../kubernetes/values/image.ts';
import { notAnImage } from '../../../kubernetes/values/not-an-image.ts';
import { hasMacro } from '../../yaml/read-yaml.ts';
import type { PackRule, PackView, Report } from '../pack-view.ts';
import { pathInPack } from './files.ts';

const path = ['pack', 'content', 'images'] as const;
/** Clouds whose clusters can be managed locally. */
const localClouds = ['all', 'edge', 'edge-native'];
/** Images of one pack that are named one by one. */
const mostNamed = 20;

export const contentImageRules: PackRule = (pack, report) => {
  const { values } = pack;
  const content = values.at('pack', 'content');
  if (content?.kind === 'list' || (content?.kind === 'word' && content.value !== null))
    report('error', values, ['pack', 'content'], 'expected a map with images in it');
  const images = values.at(...path);
  if (images !== undefined && images.kind !== 'list' && values.has(...path))
    report('error', values, path, 'expected a list, each with a hyphen: - image: NAME');
  const named = new Set<string>();
  for (const item of values.items(...path)) {
    const value = values.at(...item);
    const place = value?.kind === 'map' ? [...item, 'image'] : item;
    if (value?.kind === 'map') {
      if (!values.has(...place)) report('error', values, item, 'has no image; write image: NAME');
      for (const name of values.names(...item))
        if (name !== 'image')
          report(
            'warning',
            values,
            [...item, name],
            `is not a key that Palette reads here${didYouMean(name, ['image'])}`,
          );
    } else if (value?.kind !== 'word' || typeof value.value !== 'string')
      report('error', values, item, 'expected image: NAME, or a name');
    const image = values.text(...place)?.trim();
    if (image === undefined) continue;
    named.add(image);
    if (!hasMacro(image)) checkName(pack, place, image, report);
  }
  if (pack.clouds.length === 0 || pack.clouds.some((cloud) => localClouds.includes(cloud)))
    checkManifests(pack, named, report);
};

function checkName(
  { values }: PackView,
  place: readonly (string | number)[],
  image: string,
  report: Report,
): void {
  const name = parseImageName(image);
  if (image === '') report('error', values, place, 'is empty; write the name of an image');
  else if (/^[a-z]+:\/\//i.test(image))
    report('error', values, place, 'is a URL; an image has no https:// in front');
  else if (name === undefined) report('error', values, place, notAnImage(image));
  else if (name.tag === undefined && name.digest === undefined)
    report('warning', values, place, 'has no tag: what it is changes without notice');
}

/** Images that the manifests of the pack start, and that would not be loaded. */
function checkManifests(
  { meta, values, content }: PackView,
  named: ReadonlySet<string>,
  report: Report,
): void {
  const told = new Set<string>();
  // Macros may name any of them.
  const known = new Set([...named].map(withoutHub));
  for (const given of meta.texts('kubeManifests')) {
    const file = pathInPack(given) ?? '';
    const bytes = content.contents.get(file);
    if (bytes === undefined) continue;
    for (const { image, line } of imagesIn(Buffer.from(bytes).toString('utf8'))) {
      if (known.has(withoutHub(image)) || told.has(image)) continue;
      if (told.size >= mostNamed) return;
      told.add(image);
      const where = values.has(...path)
        ? path
        : values.has('pack', 'content')
          ? ['pack', 'content']
          : ['pack'];
      report(
        'warning',
        values,
        where,
        `lacks ${image}, which ${file}:${line} starts; a cluster in local mode would not have it`,
      );
    }
  }
}

/** The images that manifests start, as far as no template makes their names; lines from 1. */
export function imagesIn(text: string): readonly { readonly image: string; readonly line: number }[] {
  let [line, begin] = [1, 0];
  const found: { image: string; line: number }[] = [];
  for (const { 1: image = '', index } of text.matchAll(/^[ \t]*(?:- )?image:[ \t]+["']?([^\s"'#]+)/gm)) {
    for (let end = text.indexOf('\n', begin); end >= 0 && end < index; end = text.indexOf('\n', begin)) {
      line += 1;
      begin = end + 1;
    }
    if (!image.includes('{')) found.push({ image, line });
  }
  return found;
}

/** `nginx:1` is `docker.io/library/nginx:1`. */
const withoutHub = (image: string): string => image.replace(/^(?:index\.)?docker\.io\/(?:library\/)?/, '');

/** Annotations: a map of texts, and for an OS pack what its cloud wants to know. */
import type { PackRule, PackView, Report } from '../pack-view.ts';

export const annotationRules: PackRule = (pack, report) => {
  const { meta } = pack;
  const value = meta.at('annotations');
  if (value === undefined) return;
  if (value.kind === 'list') notAList(pack, report);
  else if (value.kind === 'word' && value.value !== null)
    report('error', meta, ['annotations'], 'expected a map of texts, such as {"osName": "centos"}');
  if (pack.layer === 'os') for (const cloud of pack.clouds) checkCloud(pack, cloud, report);
};

/** The table of the documentation calls them an array. */
function notAList({ meta }: PackView, report: Report): void {
  const pairs = meta
    .items('annotations')
    .map((item) => [meta.text(...item, 'name') ?? meta.text(...item, 'key'), meta.text(...item, 'value')]);
  const whole = pairs.every(([name, value]) => name !== undefined && value !== undefined);
  const unique = new Set(pairs.map(([name]) => name)).size === pairs.length;
  const map = JSON.stringify(Object.fromEntries(pairs), null, 1).replaceAll(/\n */g, ' ');
  report(
    'error',
    meta,
    ['annotations'],
    'is a list, as the table of the documentation has it, but Palette reads a map of texts: {"name": "value"}',
    whole && unique ? meta.replaced(['annotations'], () => map) : [],
  );
}

interface CloudNeeds {
  readonly names: readonly string[];
  readonly check?: (pack: PackView, report: Report) => void;
}

const common = ['osName', 'os_spectro_version', 'sshUsername', 'skipK8sInstall'] as const;

const needs: Readonly<Record<string, CloudNeeds>> = {
  aws: { names: ['imageId', 'imageOwner', 'cloudRegion', ...common], check: awsImage },
  azure: { names: ['imageOffer', 'imagePublisher', 'imageSKU', ...common] },
  vsphere: { names: ['imageId', 'folder', ...common], check: vsphereImage },
};

function checkCloud(pack: PackView, cloud: string, report: Report): void {
  const found = Object.hasOwn(needs, cloud) ? needs[cloud] : undefined;
  const { meta } = pack;
  // Packs that name no image at all are filled in by a profile.
  if (found === undefined || !found.names.some((name) => meta.has('annotations', name))) return;
  for (const name of found.names)
    if (!meta.has('annotations', name))
      report('warning', meta, ['annotations', name], `is missing; documented OS packs for ${cloud} have it`);
  const skip = meta.text('annotations', 'skipK8sInstall');
  if (skip !== undefined && skip !== 'true' && skip !== 'false')
    report('warning', meta, ['annotations', 'skipK8sInstall'], `expected "true" or "false", found "${skip}"`);
  found.check?.(pack, report);
}

function awsImage({ meta }: PackView, report: Report): void {
  const id = meta.text('annotations', 'imageId');
  if (id !== undefined && !/^ami-[0-9a-f]{8,17}$/.test(id))
    report(
      'warning',
      meta,
      ['annotations', 'imageId'],
      'is not the id of an image, such as ami-071f6fc516c53fca1',
    );
  const owner = meta.text('annotations', 'imageOwner');
  if (owner !== undefined && !/^(?:\d{12}|self|amazon|aws-marketplace)$/.test(owner))
    report('warning', meta, ['annotations', 'imageOwner'], 'is not an account of 12 digits');
}

/** A template of the data centre, or an archive that Palette fetches. */
function vsphereImage({ meta }: PackView, report: Report): void {
  const id = meta.text('annotations', 'imageId');
  if (id === undefined) return;
  const path = ['annotations', 'imageId'];
  if (/^http:/i.test(id)) report('warning', meta, path, 'is fetched without encryption; use https');
  else if (/^https:/i.test(id) && !/\.ova(?:[?#]|$)/i.test(id))
    report('warning', meta, path, 'does not lead to an .ova file, which a remote image is');
  else if (!/^https?:/i.test(id) && !id.startsWith('/'))
    report(
      'warning',
      meta,
      path,
      'is neither a path such as /Datacenter/vm/FOLDER/TEMPLATE nor a URL of an .ova',
    );
}

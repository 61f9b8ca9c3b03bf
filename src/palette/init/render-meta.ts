/** The pack.json of a new pack. Pure. */
import { answerOf, type FieldName, kinds, type PackRequest } from './request.ts';

/** Names of annotations by the field that they come from; `os_spectro_version` is always 0. */
const annotations: Readonly<Partial<Record<PackRequest['kind'], Readonly<Record<string, FieldName>>>>> = {
  aws: { cloudRegion: 'region', imageId: 'image', imageOwner: 'imageOwner' },
  azure: { imageOffer: 'offer', imagePublisher: 'publisher', imageSKU: 'sku' },
  vsphere: { folder: 'folder', imageId: 'image' },
};

/** Keys in the order of the documentation, which is that of the alphabet. */
export function renderMeta(request: PackRequest): string {
  const { kind, clouds, answers } = request;
  const row = kinds[kind];
  const own = annotations[kind];
  const of = (name: FieldName) => answerOf(request, name);
  const meta = {
    ...(kind === 'addon' ? { addonType: of('addonType') } : {}),
    ...(own === undefined
      ? {}
      : {
          annotations: {
            ...Object.fromEntries(Object.entries(own).map(([name, field]) => [name, of(field)])),
            osName: of('osName'),
            os_spectro_version: '0',
            sshUsername: of('sshUser'),
            skipK8sInstall: of('skipK8sInstall'),
          },
        }),
    ...(request.charts.length === 0 ? {} : { charts: request.charts.map(chartPath) }),
    cloudTypes: clouds ?? row.clouds,
    displayName: of('displayName'),
    ...(answers.eol === undefined ? {} : { eol: answers.eol }),
    ...(answers.group === undefined ? {} : { group: answers.group }),
    ...(request.manifests.length === 0 ? {} : { kubeManifests: request.manifests.map(manifestPath) }),
    layer: row.layer,
    name: of('name'),
    version: of('version'),
  };
  return `${JSON.stringify(meta, null, 2)}\n`;
}

const fileOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Where a file of the person's is in the pack. */
export const chartPath = (path: string): string => `charts/${fileOf(path)}`;
export const manifestPath = (path: string): string => `manifests/${fileOf(path)}`;

/** `prometheus` of `charts/prometheus-2.3.4.tgz`: the name that its values have. */
export const chartName = (path: string): string =>
  fileOf(path)
    .replace(/\.(?:tgz|tar\.gz)$/i, '')
    .replace(/-v?\d+(?:\.\d+)*(?:[-+.].*)?$/s, '');

/** `deployment` of `manifests/deployment.yaml`. */
export const manifestName = (path: string): string => fileOf(path).replace(/\.(?:ya?ml|json)$/i, '');

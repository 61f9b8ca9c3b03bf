/** The report of `opsctl oci inspect` as text for people. */
import { formatBytes } from '../../../formats/size.ts';
import type { OciImageReport, OciReport } from '../../../image/oci/inspect.ts';
import { reportRow } from '../report-row.ts';

export function ociReportText({ name, digest, images }: OciReport, columns: number): string {
  return [
    `${name}\n`,
    reportRow('Digest', digest, columns),
    ...images.map((image) => imageText(image, columns)),
    ...(images.length === 0 ? ['  It holds no images.\n'] : []),
  ].join('');
}

function imageText({ os, arch, digest, size, versions, layers }: OciImageReport, columns: number): string {
  const row = (label: string, text: string) => reportRow(label, text, columns);
  const dcp = versions?.dcp == null ? 'without DCP' : `DCP ${versions.dcp}`;
  return [
    row('Image', `${os === null ? 'of an unnamed architecture' : `${os}/${arch}`}, ${formatBytes(size)}`),
    row('', digest),
    row(
      'System',
      versions === null ? 'not Bhojpur OS' : `Bhojpur OS ${versions.os}, kernel ${versions.kernel}, ${dcp}`,
    ),
    ...layers.map(({ holds, size: bytes, plain, digest: layer }) =>
      row('Layer', `${holds ?? layer.slice(0, 19)}, ${formatBytes(bytes)}${plain ? '' : ', compressed'}`),
    ),
  ].join('');
}

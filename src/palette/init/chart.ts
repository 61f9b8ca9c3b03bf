/** A packed chart that a person brings for a new pack: whether it is one. */
import { gunzipSync } from 'node:zlib';
import { errorCode, messageOf } from '../../errors.ts';
import { tarRanges } from '../../formats/archives/tar.ts';
import { fromBytes } from '../../formats/bytes.ts';

/** What Helm 3 unpacks of one at most (MaxDecompressedChartSize in pkg/chart/loader). */
const mostUnpacked = 100 * 1024 * 1024;

/** Why these bytes are not a chart as `helm package` makes it; undefined for one. */
export async function chartFault(bytes: Uint8Array): Promise<string | undefined> {
  if (bytes.length === 0) return 'it is empty';
  let archive: Uint8Array;
  try {
    archive = gunzipSync(bytes, { maxOutputLength: mostUnpacked });
  } catch (error) {
    return errorCode(error) === 'ERR_BUFFER_TOO_LARGE'
      ? `it unpacks to more than ${mostUnpacked} bytes`
      : 'gzip cannot unpack it';
  }
  try {
    for await (const { path } of tarRanges(fromBytes(archive)))
      if (/^(?:\.\/)*[^/]+\/Chart\.yaml$/.test(path)) return undefined;
  } catch (error) {
    return messageOf(error);
  }
  return 'it has no folder with a Chart.yaml';
}

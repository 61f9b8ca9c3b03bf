/**
 * A disk or CD that a person made: labelled `cidata` with user-data and meta-data (NoCloud), or any CD with a file
 * `config`, as LinuxKit reads it.
 * https://docs.cloud-init.io/en/latest/reference/datasources/nocloud.html
 * https://github.com/linuxkit/linuxkit/blob/master/docs/metadata.md
 */

import { messageOf } from '../../../errors.ts';
import { BadAnswer } from '../services/metadata-service.ts';
import type { DataSource, SourceContext } from '../source.ts';
import { field, found, stringsOf, textOf } from '../source.ts';
import { findVolumes, type Volume } from './volumes.ts';

const isNoCloud = ({ label }: Volume) => label.toLowerCase() === 'cidata';
/** Configuration drives and our own media are other things. */
const isPlainCd = ({ type, label }: Volume) => type === 'rom' && !/^(config-2|bos|bos_.*)$/i.test(label);

export const cdrom: DataSource = async (context) => {
  const { host, root, warn } = context;
  const volumes = await findVolumes(host, root, (volume) => isNoCloud(volume) || isPlainCd(volume));
  // One that was made for this comes before one that happens to be in the drive.
  for (const volume of volumes.toSorted((a, b) => Number(isNoCloud(b)) - Number(isNoCloud(a)))) {
    try {
      const result = await fromVolume(context, volume);
      if (result !== undefined) return result;
    } catch (error) {
      // Another disk may be better.
      warn(messageOf(error));
    }
  }
  return undefined;
};

async function fromVolume({ warn }: SourceContext, volume: Volume) {
  const [userData, meta, config] = await volume.read(['user-data', 'meta-data', 'config']);
  if (!isNoCloud(volume)) return found(userData ?? config, undefined, []);
  let values: unknown;
  try {
    values = meta === undefined ? undefined : await parseMetaData(meta, volume.path);
  } catch (error) {
    // The user data are none the worse for it.
    warn(messageOf(error));
  }
  const hostname = textOf(field(values, 'local-hostname')) ?? textOf(field(values, 'hostname'));
  const keys = stringsOf(field(values, 'public-keys') ?? []);
  const result = found(userData ?? config, hostname, keys);
  if (result === undefined) warn(`${volume.path} is labelled ${volume.label} but has no user data`);
  return result;
}

/** Bytes. It holds a name and some keys. */
const metaDataLimit = 256 * 1024;

async function parseMetaData(bytes: Uint8Array, where: string): Promise<unknown> {
  if (bytes.length > metaDataLimit)
    throw new BadAnswer(`meta-data on ${where} is larger than ${metaDataLimit} bytes`);
  const { valueWithinBudget } = await import('../../../config/yaml/budgeted-document.ts');
  try {
    return valueWithinBudget(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw new BadAnswer(`meta-data on ${where} is not YAML: ${messageOf(error)}`);
  }
}

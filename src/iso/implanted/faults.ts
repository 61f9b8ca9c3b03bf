/** Implanted checksums compared with the image: what is wrong, in words. */
import { createHash } from 'node:crypto';
import type { ByteRange } from '../../formats/byte-range.ts';
import type { ByteSource } from '../../formats/bytes.ts';
import { readVolumeSize } from '../../formats/iso9660/descriptors.ts';
import type { Iso } from '../../formats/iso9660/image.ts';
import { mediaDigests } from '../../formats/media-checks/digests.ts';
import { libisofsTags } from '../../formats/media-checks/libisofs-tags.ts';
import { hasMediaTags, parseMediaTags } from '../../formats/media-checks/tags.ts';

export interface ImplantReport {
  /** Whose checksums were compared: `isomd5sum`, `checkmedia`, `libisofs`. */
  readonly checked: readonly string[];
  readonly faults: readonly string[];
}

export async function implantFaults(
  source: ByteSource,
  iso: Iso,
  signal?: AbortSignal,
): Promise<ImplantReport> {
  const media = await mediaFaults(source, iso, signal);
  const { extent } = iso.descriptors;
  const tags = await libisofsTags(source, extent.offset + extent.length);
  const faults: string[] = [...media.faults];
  for (const { kind, range, md5 } of tags)
    if ((await md5Of(source, range, signal)) !== md5)
      faults.push(`the checksum of libisofs (${kind}) does not match the image`);
  return { checked: [...media.checked, ...(tags.length > 0 ? ['libisofs'] : [])], faults };
}

/** Of isomd5sum and checkmedia alone: the whole image is read. */
export async function mediaFaults(
  source: ByteSource,
  iso: Iso,
  signal?: AbortSignal,
): Promise<ImplantReport> {
  const { descriptor, offset } = iso.descriptors.primary;
  if (!hasMediaTags(descriptor)) return { checked: [], faults: [] };
  const tags = parseMediaTags(descriptor);
  if (tags === undefined) return { checked: [], faults: ['the implanted checksum of the image is damaged'] };
  const volumeSize = readVolumeSize(descriptor);
  const found = await mediaDigests({ source, volumeSize, descriptor: offset }, tags, signal);
  const { maker, digest, fragments, partition } = tags;
  const same = (value: string | undefined, wanted: string) => value?.toLowerCase() === wanted.toLowerCase();
  const faults = [
    ...(same(found.digest, digest.value) ? [] : ['it']),
    ...(fragments === undefined || same(found.sums, fragments.sums.value) ? [] : ['that of its fragments']),
    ...(partition === undefined || same(found.partition, partition.digest.value)
      ? []
      : ['that of its partition']),
  ];
  const [first, ...more] = faults;
  return {
    checked: [maker],
    faults:
      first === undefined
        ? []
        : [
            `the implanted checksum (${maker}) does not match the image${
              more.length === 0 && first === 'it'
                ? ''
                : `: ${faults.map((which) => which.replace(/^it$/, 'that of all')).join(', ')}`
            }`,
          ],
  };
}

const readAtOnce = 2 ** 20;

async function md5Of(source: ByteSource, range: ByteRange, signal?: AbortSignal): Promise<string> {
  const hash = createHash('md5');
  const end = Math.min(source.size, range.offset + range.length);
  for (let offset = range.offset; offset < end; offset += readAtOnce) {
    signal?.throwIfAborted();
    hash.update(await source.read(offset, Math.min(readAtOnce, end - offset)));
  }
  return hash.digest('hex');
}

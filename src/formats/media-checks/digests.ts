/**
 * The digests that implanted checksums are compared with, as isomd5sum and checkmedia compute them: over the volume as
 * it is without what is implanted. A module of its own, since few images need it and hashing takes a library.
 */
import { createHash, type Hash } from 'node:crypto';
import { type ByteRange, endOf, intersection } from '../byte-range.ts';
import type { ByteSource } from '../bytes.ts';
import { type MediaTags, sumsLength, tagArea } from './tags.ts';

export interface MediaDigests {
  readonly digest: string;
  readonly sums: string | undefined;
  readonly partition: string | undefined;
}

export interface Measured {
  readonly source: ByteSource;
  /** Bytes of the volume, as its descriptor says. */
  readonly volumeSize: number;
  /** Where that descriptor is. */
  readonly descriptor: number;
}

/** The boundaries of fragments are looked for after each of these (isomd5sum, libimplantisomd5.c). */
const step = 32_768;
const readAtOnce = 64 * step;
/** Of the signature's block the name at its head stays. */
const signatureBlock = 2048;
const signatureHead = 64;

export async function mediaDigests(
  { source, volumeSize, descriptor }: Measured,
  tags: MediaTags,
  signal?: AbortSignal,
): Promise<MediaDigests> {
  const whole = { offset: 0, length: Math.max(0, volumeSize - tags.skipped - tags.padded) };
  const blanks = blanksOf(tags, descriptor);
  const hash = createHash(tags.algorithm);
  const part = tags.partition && createHash(tags.algorithm);
  const end = Math.min(source.size, Math.max(whole.length, tags.partition ? endOf(tags.partition) : 0));
  const fragments = fragmentSums(hash, tags, whole.length);
  for (let offset = 0; offset < end; offset += readAtOnce) {
    signal?.throwIfAborted();
    const bytes = Uint8Array.from(await source.read(offset, Math.min(readAtOnce, end - offset)));
    const here = { offset, length: bytes.length };
    for (const { fill, ...range } of blanks) {
      const blank = intersection(range, here);
      if (blank !== undefined) bytes.fill(fill, blank.offset - offset, endOf(blank) - offset);
    }
    for (let start = 0; start < bytes.length; start += step) {
      const chunk = { offset: offset + start, length: Math.min(step, bytes.length - start) };
      const inWhole = intersection(whole, chunk);
      if (inWhole === undefined) break;
      hash.update(bytes.subarray(inWhole.offset - offset, endOf(inWhole) - offset));
      fragments?.after(chunk.offset);
    }
    const inPart = tags.partition && intersection(tags.partition, here);
    if (inPart !== undefined) part?.update(bytes.subarray(inPart.offset - offset, endOf(inPart) - offset));
  }
  // No more than there can be, whatever is claimed.
  const padded = Math.min(tags.padded, volumeSize, source.size);
  for (let done = 0; done < padded; done += readAtOnce)
    hash.update(new Uint8Array(Math.min(readAtOnce, padded - done)));
  return { digest: hash.digest('hex'), sums: fragments?.sums(), partition: part?.digest('hex') };
}

type Blank = ByteRange & { readonly fill: number };

/** What counts as empty: the implanted area, for SUSE also the boot record, which isohybrid changes, and a signature. */
function blanksOf({ maker, signature }: MediaTags, descriptor: number): Blank[] {
  return [
    { offset: descriptor + tagArea.offset, length: tagArea.length, fill: 0x20 },
    ...(maker === 'checkmedia' ? [{ offset: 0, length: 512, fill: 0 }] : []),
    ...(signature === undefined
      ? []
      : [{ offset: signature.offset + signatureHead, length: signatureBlock - signatureHead, fill: 0 }]),
  ];
}

/** Whenever a step has come into the next fragment, the digest so far gives the first digit of its first bytes. */
function fragmentSums(hash: Hash, { fragments, maker }: MediaTags, total: number) {
  if (fragments === undefined) return undefined;
  const { count } = fragments;
  const size = Math.floor(total / (count + 1));
  const digitsOfOne = Math.floor(sumsLength / count);
  let before = 0;
  let text = '';
  return {
    after: (offset: number): void => {
      const current = size === 0 ? 0 : Math.floor(offset / size);
      if (current === before || (maker === 'checkmedia' && current > count)) return;
      before = current;
      for (const byte of hash.copy().digest().subarray(0, digitsOfOne)) text += byte.toString(16)[0];
    },
    sums: () => text,
  };
}

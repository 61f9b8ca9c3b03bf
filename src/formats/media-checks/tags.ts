/**
 * The checksums that makers of media implant into the application area of the first volume descriptor (ECMA-119,
 * 8.4.32): those of isomd5sum (Fedora and its relatives) and of checkmedia (SUSE). Both are `KEY = VALUE` pairs between
 * semicolons; which digest is over what is written in the README of openSUSE's checkmedia.
 */
import { withoutTrailing } from '../trailing.ts';

/** Bytes 884 to 1395 of the descriptor. */
export const tagArea = { offset: 883, length: 512 } as const;

/** A value, and where it stands in the text. */
export interface Tag {
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

export interface MediaTags {
  /** The whole area, a character for each byte. */
  readonly text: string;
  readonly maker: 'isomd5sum' | 'checkmedia';
  /** As node:crypto calls it. */
  readonly algorithm: string;
  /** Over the whole volume. */
  readonly digest: Tag;
  /** Bytes at the end of the volume that are left out, or count as zeros. */
  readonly skipped: number;
  readonly padded: number;
  /** Digests of how it was on the way, a few digits of each. */
  readonly fragments: { readonly count: number; readonly sums: Tag } | undefined;
  /** Of a part of the image, in bytes; `pair` is the whole pair with its semicolon. */
  readonly partition:
    | { readonly offset: number; readonly length: number; readonly digest: Tag; readonly pair: Tag }
    | undefined;
  /** Where the signature of this area lies, in bytes. */
  readonly signature: { readonly offset: number; readonly pair: Tag } | undefined;
}

const block = 2048;
const diskBlock = 512;
const lengths: Readonly<Record<string, number>> = {
  ...{ md5: 32, sha1: 40, sha224: 56, sha256: 64, sha384: 96, sha512: 128 },
};
const digits = /^[0-9a-f]+$/i;

/** Whether there seems to be a checksum at all: asked of every image, so it is quick. */
export const hasMediaTags = (descriptor: Uint8Array): boolean =>
  /(md5|sha\d+)sum *=/i.test(areaOf(descriptor));

const areaOf = (descriptor: Uint8Array): string =>
  Buffer.from(descriptor.subarray(tagArea.offset, tagArea.offset + tagArea.length)).toString('latin1');

/** Undefined for a descriptor without checksums, and for those that make no sense. */
export function parseMediaTags(descriptor: Uint8Array): MediaTags | undefined {
  const text = areaOf(descriptor);
  const pairs = new Map<string, Tag>();
  let start = 0;
  for (const pair of text.split(';')) {
    const [before = ''] = /^[ \0]*/.exec(pair) ?? [];
    const equals = pair.indexOf('=');
    const key = withoutTrailing(pair.slice(before.length, Math.max(equals, before.length)), ' ');
    const [between = ''] = /^= */.exec(pair.slice(equals)) ?? [];
    const value = withoutTrailing(pair.slice(equals + between.length), ' \0');
    const at = start + equals + between.length;
    if (key !== '') pairs.set(key.toLowerCase(), { value, start: at, end: at + value.length });
    start += pair.length + 1;
  }
  const [name, digest] = [...pairs].find(([key]) => /^(iso )?(md5|sha\d+)sum$/.test(key)) ?? [];
  if (name === undefined || digest === undefined) return undefined;
  const algorithm = name.replace(/^iso /, '').replace(/sum$/, '');
  if (digest.value.length !== lengths[algorithm] || !digits.test(digest.value)) return undefined;
  const maker = name.startsWith('iso ') ? 'isomd5sum' : 'checkmedia';
  const number = (key: string) => Number(/^\d{1,9}/.exec(pairs.get(key)?.value ?? '')?.[0] ?? 0);
  return {
    ...{ text, maker, algorithm, digest },
    skipped: maker === 'isomd5sum' ? number('skipsectors') * block : 0,
    padded: maker === 'checkmedia' ? number('pad') * block : 0,
    fragments: fragmentsOf(pairs.get('fragment sums'), number('fragment count')),
    partition: partitionOf(text, pairs.get('partition'), digest.value.length),
    signature: signatureOf(text, pairs.get('signature')),
  };
}

function fragmentsOf(sums: Tag | undefined, count: number): MediaTags['fragments'] {
  return sums === undefined || count < 1 || count > sumsLength ? undefined : { count, sums };
}

/** Digits of all fragments together. */
export const sumsLength = 60;

/** `START,BLOCKS,DIGEST`, in blocks of 512 bytes. */
function partitionOf(text: string, tag: Tag | undefined, length: number): MediaTags['partition'] {
  const [, first, blocks, value = ''] = /^(\d{1,10}),(\d{1,10}),([0-9a-f]+)$/i.exec(tag?.value ?? '') ?? [];
  if (tag === undefined || value.length !== length) return undefined;
  const digest = { value, start: tag.end - value.length, end: tag.end };
  const range = { offset: Number(first) * diskBlock, length: Number(blocks) * diskBlock };
  return { ...range, digest, pair: pairOf(text, tag) };
}

function signatureOf(text: string, tag: Tag | undefined): MediaTags['signature'] {
  if (tag === undefined || !/^\d{1,10}$/.test(tag.value)) return undefined;
  return { offset: Number(tag.value) * diskBlock, pair: pairOf(text, tag) };
}

/** From the semicolon before it on. */
const pairOf = (text: string, tag: Tag): Tag => ({
  ...tag,
  start: Math.max(0, text.lastIndexOf(';', tag.start)),
});

/** The descriptor with other values at these places, which may have other lengths; spaces fill what is left. */
export function withTags(
  descriptor: Uint8Array,
  changes: readonly { readonly tag: Tag; readonly value: string }[],
): Uint8Array {
  let text = withoutTrailing(areaOf(descriptor), ' \0');
  for (const { tag, value } of changes.toSorted((a, b) => b.tag.start - a.tag.start))
    text = text.slice(0, tag.start) + value + text.slice(tag.end);
  return withArea(descriptor, text);
}

/** The descriptor with the checksums of another one. */
export const withTagsOf = (descriptor: Uint8Array, other: Uint8Array): Uint8Array =>
  withArea(descriptor, areaOf(other));

/** The descriptor without any checksum, as its makers leave it. */
export const withoutTags = (descriptor: Uint8Array): Uint8Array => withArea(descriptor, '');

function withArea(descriptor: Uint8Array, text: string): Uint8Array {
  const changed = Uint8Array.from(descriptor);
  changed.set(Buffer.from(text.padEnd(tagArea.length), 'latin1').subarray(0, tagArea.length), tagArea.offset);
  return changed;
}

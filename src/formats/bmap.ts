/**
 * Block maps of images, as bmaptool (bmap-tools, BmapCreate.py and BmapCopy.py) writes and reads them: XML that lists the
 * blocks of an image which hold something, with the checksum of each range. Versions 1.4 and 2.0, which are the same;
 * older ones have other names for their checksums. Only the XML that such a file needs is read: no entities, no
 * document types, nothing that could name another file.
 */
import { createHash } from 'node:crypto';
import { type OpsError, refused } from '../errors.ts';
import type { ByteRange } from './byte-range.ts';

export interface MappedRange extends ByteRange {
  /** Of its bytes, lower-case hex; undefined when the file has none. */
  readonly checksum: string | undefined;
}

export interface BlockMap {
  /** Bytes of the image. */
  readonly imageSize: number;
  /** As node:crypto calls it. */
  readonly checksumType: 'sha256' | 'sha384' | 'sha512';
  /** In order, apart from each other, not empty; in bytes. */
  readonly ranges: readonly MappedRange[];
}

/** Far above the map of any disk: 64 bytes or so are needed for each range. */
export const bmapLimit = 64 * 2 ** 20;

/** Throws `bmap-invalid` (refused) for anything else than a sound map; `where` names it. */
export function parseBmap(text: string, where: string): BlockMap {
  const fail = (what: string) => invalid(where, what);
  const root = parseXml(text, fail);
  if (root.name !== 'bmap') throw fail(`it is a document of "${shown(root.name)}"`);
  const version = /^(\d+)\.(\d+)$/.exec(root.attributes.version ?? '');
  const [major, minor] = [Number(version?.[1]), Number(version?.[2])];
  if (!((major === 1 && minor >= 4) || major === 2))
    throw fail(`version ${shown(root.attributes.version ?? 'none')}; 1.4 to 2.0 can be read`);
  const field = (name: string) => {
    const [found, second] = root.children.filter((child) => child.name === name);
    if (found === undefined || second !== undefined) throw fail(`expected one ${name}`);
    return found;
  };
  const number = (name: string) => {
    const value = wholeNumber(field(name).text);
    if (value === undefined) throw fail(`${name} is not a number: "${shown(field(name).text)}"`);
    return value;
  };
  const checksumType = field('ChecksumType').text.trim().toLowerCase();
  if (checksumType !== 'sha256' && checksumType !== 'sha384' && checksumType !== 'sha512')
    throw fail(`checksums of type "${shown(checksumType)}"; sha256, sha384 and sha512 can be checked`);
  requireOwnChecksum(text, field('BmapFileChecksum').text.trim(), checksumType, fail);
  const geometry = {
    imageSize: number('ImageSize'),
    blockSize: number('BlockSize'),
    blocks: number('BlocksCount'),
  };
  const { imageSize, blockSize, blocks } = geometry;
  if (blockSize === 0 || blocks !== Math.ceil(imageSize / blockSize))
    throw fail(`${imageSize} bytes are not ${blocks} blocks of ${blockSize}`);
  const ranges = rangesOf(field('BlockMap'), geometry, hexDigits(checksumType), fail);
  const mapped = ranges.reduce((sum, { length }) => sum + Math.ceil(length / blockSize), 0);
  if (mapped !== number('MappedBlocksCount'))
    throw fail(`it lists ${mapped} blocks instead of ${number('MappedBlocksCount')}`);
  return { imageSize, checksumType, ranges };
}

type Fail = (what: string) => OpsError;

const invalid = (where: string, what: string) =>
  refused('bmap-invalid', `${where} is not a sound block map: ${what}`, {
    hint: 'Fetch it again, or write the whole image with --no-bmap.',
  });

/** What somebody else wrote, in a message. */
const shown = (text: string) =>
  text
    .trim()
    .slice(0, 40)
    .replace(/[^ -~]/g, '?');

const wholeNumber = (text: string): number | undefined => {
  const value = /^\s*\d{1,16}\s*$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
};

const hexDigits = (type: BlockMap['checksumType']) => Number(type.slice(3)) / 4;

/** It is made with zeros in the place of itself. */
function requireOwnChecksum(text: string, own: string, type: string, fail: Fail): void {
  const first = text.indexOf(own);
  if (own === '' || first < 0 || text.indexOf(own, first + 1) >= 0) throw fail('its own checksum is unclear');
  const zeroed = text.replace(own, '0'.repeat(own.length));
  if (createHash(type).update(zeroed, 'utf8').digest('hex') !== own.toLowerCase())
    throw fail('its own checksum is wrong');
}

interface Geometry {
  readonly imageSize: number;
  readonly blockSize: number;
  readonly blocks: number;
}

function rangesOf(map: XmlElement, { imageSize, blockSize, blocks }: Geometry, digits: number, fail: Fail) {
  let next = 0;
  return map.children.map(({ name, text, attributes }): MappedRange => {
    if (name !== 'Range') throw fail(`"${shown(name)}" among the ranges`);
    const [first, last = first, ...more] = text.split('-').map(wholeNumber);
    if (first === undefined || last === undefined || more.length > 0)
      throw fail(`the range "${shown(text)}"`);
    if (first < next || last < first || last >= blocks)
      throw fail(`the blocks ${first}-${last} are out of order or outside of the image`);
    next = last + 1;
    const checksum = attributes.chksum?.toLowerCase();
    if (checksum !== undefined && !(checksum.length === digits && /^[0-9a-f]+$/.test(checksum)))
      throw fail(`the checksum of the blocks ${first}-${last}`);
    const offset = first * blockSize;
    return { offset, length: Math.min(imageSize, next * blockSize) - offset, checksum };
  });
}

interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: XmlElement[];
  /** Its own, without that of its children. */
  text: string;
}

const token =
  /<!--[\s\S]*?-->|<\?xml[^<>]*\?>|<\/([A-Za-z]\w*)\s*>|<([A-Za-z]\w*)((?:\s+[A-Za-z]\w*\s*=\s*(?:"[^"<&]*"|'[^'<&]*'))*)\s*(\/?)>|[^<&]+/y;
const attribute = /([A-Za-z]\w*)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;
const deepest = 8;

function parseXml(text: string, fail: Fail): XmlElement {
  const document: XmlElement = { name: '', attributes: {}, children: [], text: '' };
  const open: XmlElement[] = [document];
  for (let position = 0; position < text.length; position = token.lastIndex) {
    token.lastIndex = position;
    const match = token.exec(text);
    const parent = open.at(-1);
    if (match === null || parent === undefined)
      throw fail(`XML that cannot be read, at character ${position}`);
    const [all, closing, opening, attributes = '', alone] = match;
    if (closing !== undefined) {
      if (open.length === 1 || parent.name !== closing) throw fail(`</${shown(closing)}> closes nothing`);
      open.pop();
    } else if (opening !== undefined) {
      const element = { name: opening, attributes: attributesOf(attributes), children: [], text: '' };
      parent.children.push(element);
      if (alone === '') open.push(element);
      if (open.length > deepest) throw fail('its elements lie too deep');
    } else if (!all.startsWith('<')) parent.text += all;
  }
  const [root, ...others] = document.children;
  if (root === undefined || others.length > 0 || open.length > 1 || document.text.trim() !== '')
    throw fail('it is not one XML document');
  return root;
}

function attributesOf(text: string): Record<string, string> {
  const found: [string, string][] = [];
  for (const [, name = '', double, single] of text.matchAll(attribute))
    found.push([name, double ?? single ?? '']);
  return Object.fromEntries(found);
}

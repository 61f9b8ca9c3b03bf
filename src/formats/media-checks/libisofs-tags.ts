/**
 * The checksums that libisofs (xorriso) writes into an image when it is asked to: blocks of text, each with the MD5 of
 * all blocks before it (libisofs, doc/checksums.txt), and a table of the MD5 of each file, to which an attribute of the
 * root leads.
 */
import type { ByteRange } from '../byte-range.ts';
import type { ByteSource } from '../bytes.ts';

export interface LibisofsTag {
  /** `sb`, `tree`, `session`, or `rlsb32` of an image that can be written on. */
  readonly kind: string;
  /** Its own block. */
  readonly place: ByteRange;
  /** What its digest is over. */
  readonly range: ByteRange;
  readonly md5: string;
}

const block = 2048;
const descriptorsStart = 16;
/** How many blocks behind the first descriptor a tag is looked for. */
const descriptorBlocks = 48;
const pattern =
  /^libisofs_(?:(sb|tree|rlsb32)_)?checksum_tag_v1 pos=(\d+) range_start=(\d+) range_size=(\d+)(?: session_start=(\d+))?(?: next=(\d+))? md5=([0-9a-f]{32}) self=[0-9a-f]{32}/;

/** Those of an image; `behind` is where its descriptors end. Each of them leads to the next one. */
export async function libisofsTags(source: ByteSource, behind: number): Promise<LibisofsTag[]> {
  const found: LibisofsTag[] = [];
  const places = new Set<number>();
  const queue = [behind / block];
  for (let place = queue.shift(); place !== undefined && found.length < 8; place = queue.shift()) {
    if (places.has(place) || !(place * block < source.size)) continue;
    places.add(place);
    const text = Buffer.from(await source.read(place * block, 300)).toString('latin1');
    const [, kind = 'session', own, first, count, session, next, md5 = ''] = pattern.exec(text) ?? [];
    if (Number(own) !== place) continue;
    found.push({
      kind,
      place: { offset: place * block, length: block },
      range: { offset: Number(first) * block, length: Number(count) * block },
      md5,
    });
    if (next !== undefined) queue.push(Number(next));
    if (session !== undefined)
      for (let index = 0; index < descriptorBlocks; index += 1)
        queue.push(Number(session) + descriptorsStart + index);
  }
  return found;
}

/**
 * Where, in areas that continue the record of the root, the attribute stands that leads to the table of files
 * (AAIP: a name in the namespace `isofs.`, which is one byte 4, and two letters): these two letters.
 */
export async function fileTableNames(source: ByteSource, areas: readonly ByteRange[]): Promise<ByteRange[]> {
  const name = Buffer.from([0, 3, 4, ...Buffer.from('ca')]);
  const found: ByteRange[] = [];
  for (const { offset, length } of areas) {
    const place = Buffer.from(await source.read(offset, length)).indexOf(name);
    if (place >= 0) found.push({ offset: offset + place + 3, length: 2 });
  }
  return found;
}

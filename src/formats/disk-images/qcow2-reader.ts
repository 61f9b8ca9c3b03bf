/**
 * Reads the virtual disk in a qcow2 image, ours or somebody else's, and says where in the file a range of it lies. After
 * QEMU, docs/interop/qcow2.txt, sections "Cluster mapping" and "L2 table entry". Whatever the image claims, a read
 * allocates what was asked for and a cluster or two.
 */
import { type OpsError, refused } from '../../errors.ts';
import { type ByteRange, endOf } from '../byte-range.ts';
import type { ByteSource } from '../bytes.ts';
import { damaged, type Qcow2Header, readQcow2Header } from './qcow2-header.ts';
import { TableReader } from './table-reader.ts';

/** The virtual disk: what it is when holes are read as zeros. */
export interface Qcow2Disk extends ByteSource {
  readonly header: Qcow2Header;
  /**
   * Where in the file the bytes of a range lie, in order; undefined when some of them lie nowhere (holes), or not as they
   * are (compressed), or belong to something else as well. What is written there is in the disk.
   */
  locate(range: ByteRange): Promise<ByteRange[] | undefined>;
  /** What of the disk is not a hole, in order; neighbours are joined. */
  runs(): AsyncGenerator<ByteRange>;
}

/** In both tables: where the next thing begins ("L1 table entry", "Standard Cluster Descriptor": bits 9 to 55). */
const offsetMask = 0x00ff_ffff_ffff_fe00n;
const copiedFlag = 1n << 63n;
const compressedFlag = 1n << 62n;
/** Of version 3: the cluster reads as zeros, whatever lies where it leads. */
const zeroFlag = 1n;

type Place =
  | { readonly kind: 'hole' }
  | { readonly kind: 'data'; readonly offset: number; readonly own: boolean }
  | { readonly kind: 'compressed'; readonly offset: number; readonly length: number };

/**
 * Opens the image. `use` is what it is for: one with snapshots or with descriptions of its data can be read, but what is
 * written into it in place would spoil them. Throws OpsError (refused) `image-damaged`, `image-unsupported`; so do the
 * reads.
 */
export async function openQcow2(source: ByteSource, use: 'read' | 'write' = 'read'): Promise<Qcow2Disk> {
  const header = await readQcow2Header(source);
  if (use === 'write') refuseWrites(header);
  return new Reader(source, header);
}

function refuseWrites({ snapshots, describesData }: Qcow2Header): void {
  const because = (what: string): OpsError =>
    refused('image-unsupported', `The qcow2 image has ${what}, so it cannot be changed in place`, {
      hint: 'Make a plain copy with `qemu-img convert -O qcow2 OLD NEW`, and change that.',
    });
  if (snapshots > 0) throw because('internal snapshots');
  if (describesData) throw because('bitmaps of its changes or other descriptions of its data');
}

class Reader implements Qcow2Disk {
  readonly header: Qcow2Header;
  readonly size: number;
  readonly #source: ByteSource;
  readonly #tables: TableReader;
  readonly #cluster: number;
  readonly #l2Entries: number;
  /** The compressed cluster that was unpacked last: small reads go through it one after the other. */
  #unpacked: { readonly offset: number; readonly bytes: Uint8Array } | undefined;

  constructor(source: ByteSource, header: Qcow2Header) {
    this.header = header;
    this.size = header.size;
    this.#source = source;
    this.#tables = new TableReader(source, (where) => damaged(`it ends before ${where}`));
    this.#cluster = 2 ** header.clusterBits;
    this.#l2Entries = this.#cluster / 8;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const out = new Uint8Array(Math.max(0, Math.min(length, this.size - offset)));
    for (let done = 0; done < out.length; ) {
      const position = offset + done;
      const within = position % this.#cluster;
      const part = out.subarray(done, done + this.#cluster - within);
      part.set(await this.#bytesAt(await this.#placeOf(position), within, part.length));
      done += part.length;
    }
    return out;
  }

  async #bytesAt(place: Place, within: number, length: number): Promise<Uint8Array> {
    if (place.kind === 'hole') return new Uint8Array(0);
    // A last cluster may be cut short by the end of the file: what is missing is zero.
    if (place.kind === 'data') return this.#source.read(place.offset + within, length);
    if (this.#unpacked?.offset !== place.offset) {
      const packed = await this.#source.read(place.offset, place.length);
      // Loaded here: few images have such clusters, and Node's zlib takes milliseconds.
      const { unpackCluster } = await import('./qcow2-compressed.ts');
      const bytes = unpackCluster(packed, this.header.compression, this.#cluster);
      this.#unpacked = { offset: place.offset, bytes };
    }
    return this.#unpacked.bytes.subarray(within, within + length);
  }

  async locate(range: ByteRange): Promise<ByteRange[] | undefined> {
    if (range.offset < 0 || endOf(range) > this.size) return undefined;
    const found: { offset: number; length: number }[] = [];
    for (let position = range.offset; position < endOf(range); ) {
      const place = await this.#placeOf(position);
      if (place.kind !== 'data' || !place.own) return undefined;
      const within = position % this.#cluster;
      const length = Math.min(this.#cluster - within, endOf(range) - position);
      const offset = place.offset + within;
      if (offset + length > this.#source.size) return undefined;
      const last = found.at(-1);
      if (last !== undefined && endOf(last) === offset) last.length += length;
      else found.push({ offset, length });
      position += length;
    }
    return found;
  }

  async *runs(): AsyncGenerator<ByteRange> {
    const covered = this.#cluster * this.#l2Entries;
    // Each table has a cluster of its own: more of them than the file has clusters are the same few again and again.
    let left = Math.ceil(this.#source.size / this.#cluster);
    let [from, to] = [0, 0];
    for (let start = 0; start < this.size; start += covered) {
      if ((await this.#l2Of(start)) === undefined) continue;
      left -= 1;
      if (left < 0) throw damaged('its L1 table leads to the same tables many times');
      for (let offset = start; offset < Math.min(start + covered, this.size); offset += this.#cluster) {
        if ((await this.#placeOf(offset)).kind === 'hole') continue;
        if (to !== offset) {
          if (to > from) yield { offset: from, length: to - from };
          from = offset;
        }
        to = Math.min(offset + this.#cluster, this.size);
      }
    }
    if (to > from) yield { offset: from, length: to - from };
  }

  /** Where the table for a position begins; undefined where there is none, so that all it covers is a hole. */
  async #l2Of(position: number): Promise<number | undefined> {
    const index = Math.floor(position / (this.#cluster * this.#l2Entries));
    const offset = Number(
      (await this.#tables.entry(this.header.l1Offset + index * 8, 'its L1 table')) & offsetMask,
    );
    if (offset === 0) return undefined;
    if (offset % this.#cluster !== 0) throw damaged(`an L2 table begins at byte ${offset}`);
    return offset;
  }

  async #placeOf(position: number): Promise<Place> {
    const table = await this.#l2Of(position);
    if (table === undefined) return { kind: 'hole' };
    const index = Math.floor(position / this.#cluster) % this.#l2Entries;
    const entry = await this.#tables.entry(table + index * 8, 'an L2 table');
    if (entry & compressedFlag) return this.#compressed(entry);
    const offset = Number(entry & offsetMask);
    if (offset === 0 || (this.header.version === 3 && entry & zeroFlag)) return { kind: 'hole' };
    if (offset % this.#cluster !== 0 || offset >= this.#source.size)
      throw damaged(`a cluster begins at byte ${offset}`);
    return { kind: 'data', offset, own: (entry & copiedFlag) !== 0n };
  }

  /** "Compressed Clusters Descriptor": x bits of the offset, then the sectors that follow its own. */
  #compressed(entry: bigint): Place {
    const x = BigInt(62 - (this.header.clusterBits - 8));
    const offset = Number(entry & ((1n << x) - 1n));
    const sectors = Number((entry & (compressedFlag - 1n)) >> x) + 1;
    if (offset >= this.#source.size) throw damaged(`a compressed cluster begins at byte ${offset}`);
    return { kind: 'compressed', offset, length: sectors * 512 - (offset % 512) };
  }
}

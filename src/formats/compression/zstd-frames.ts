/**
 * Where the frames of a Zstandard file begin and end (RFC 8878, section 3). A file may have several, one after the
 * other, and whoever decodes only the first would write a part of an image and call it all.
 */

/** A part of the input, of one frame. */
export interface FramePart {
  readonly bytes: Uint8Array;
  /** False: metadata of a skippable frame, which no decoder needs. */
  readonly data: boolean;
}

const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;
const isSkippable = (magic: number) => (magic & 0xfffffff0) >>> 0 === skippableMagic;

/** The sizes of fields by their flags (sections 3.1.1.1.1.1 and 3.1.1.1.1.6). */
const dictionaryBytes = [0, 1, 2, 4];
const sizeBytes = [0, 2, 4, 8];

interface Header {
  readonly length: number;
  readonly checksum: boolean;
  /** Bytes that the frame unpacks to; undefined when it does not say. */
  readonly contentSize: number | undefined;
}

/** Of a frame that begins at byte 0; undefined when there are too few bytes to say. */
export function zstdHeader(bytes: Uint8Array): Header | undefined {
  const descriptor = bytes[4];
  if (descriptor === undefined) return undefined;
  const single = (descriptor & 0x20) !== 0;
  const flag = descriptor >> 6;
  const sized = flag === 0 && single ? 1 : (sizeBytes[flag] ?? 0);
  const sizeAt = 5 + (single ? 0 : 1) + (dictionaryBytes[descriptor & 3] ?? 0);
  const length = sizeAt + sized;
  if (bytes.length < length) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const read = [
    () => undefined,
    () => view.getUint8(sizeAt),
    // Section 3.1.1.1.4: two bytes count from 256 on.
    () => view.getUint16(sizeAt, true) + 256,
    () => view.getUint32(sizeAt, true),
    () => Number(view.getBigUint64(sizeAt, true)),
  ][sized === 8 ? 4 : sized === 4 ? 3 : sized];
  return { length, checksum: (descriptor & 0x04) !== 0, contentSize: read?.() };
}

type Expected = 'magic' | 'header' | 'skippable' | 'block' | 'checksum';
const needed = { magic: 4, skippable: 4, block: 3, checksum: 4 } as const;

/** Takes the file piece by piece and gives it back in parts that end where frames do. */
export class ZstdFrames {
  #expected: Expected = 'magic';
  /** The beginning of what is expected, out of the pieces before. */
  #kept = Buffer.alloc(0);
  /** Bytes of a block, or of a skippable frame, that are still to come. */
  #passing = 0;
  #data = false;
  #checksum = false;

  /** True between frames: a file may end here, and nowhere else. */
  get ended(): boolean {
    return this.#expected === 'magic' && this.#kept.length === 0 && this.#passing === 0;
  }

  /** The parts of a piece; undefined when what follows a frame is not one. A part is good as long as the piece. */
  push(piece: Uint8Array): readonly FramePart[] | undefined {
    const parts: FramePart[] = [];
    let [start, position] = [0, 0];
    const cut = () => {
      if (position > start) parts.push({ bytes: piece.subarray(start, position), data: this.#data });
      start = position;
    };
    while (position < piece.length) {
      const passed = Math.min(this.#passing, piece.length - position);
      this.#passing -= passed;
      position += passed;
      if (this.ended) cut();
      if (passed > 0) continue;
      const taken = this.#taken(piece.subarray(position));
      position += taken.length;
      this.#kept = Buffer.concat([this.#kept, taken]);
      const isMagic = this.#expected === 'magic';
      // Whether it is data is known when all of it is there.
      if (isMagic) start = position;
      if (!this.#complete()) continue;
      const bytes = this.#kept;
      this.#kept = Buffer.alloc(0);
      if (!this.#read(bytes)) return undefined;
      if (isMagic) parts.push({ bytes, data: this.#data });
      if (this.ended) cut();
    }
    cut();
    return parts;
  }

  /** How long a header is, it says itself. */
  #taken(rest: Uint8Array): Uint8Array {
    return rest.subarray(0, this.#expected === 'header' ? 1 : needed[this.#expected] - this.#kept.length);
  }

  #complete(): boolean {
    return this.#expected === 'header'
      ? zstdHeader(Buffer.concat([Buffer.alloc(4), this.#kept])) !== undefined
      : this.#kept.length === needed[this.#expected];
  }

  /** What is expected has come; false when it is not a part of any frame. */
  #read(bytes: Buffer): boolean {
    switch (this.#expected) {
      case 'magic': {
        const magic = bytes.readUInt32LE(0);
        this.#data = magic === frameMagic;
        this.#expected = this.#data ? 'header' : 'skippable';
        return this.#data || isSkippable(magic);
      }
      case 'skippable':
        this.#passing = bytes.readUInt32LE(0);
        this.#expected = 'magic';
        return true;
      case 'header':
        this.#checksum = zstdHeader(Buffer.concat([Buffer.alloc(4), bytes]))?.checksum ?? false;
        this.#expected = 'block';
        return true;
      case 'block': {
        // Section 3.1.1.2: whether it is the last one, its type (1: one byte that is repeated), its size.
        const header = bytes.readUIntLE(0, 3);
        this.#passing = ((header >> 1) & 3) === 1 ? 1 : header >> 3;
        if ((header & 1) === 1) this.#expected = this.#checksum ? 'checksum' : 'magic';
        return true;
      }
      case 'checksum':
        this.#expected = 'magic';
        return true;
    }
  }
}

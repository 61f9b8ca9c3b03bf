/**
 * Compressed clusters of qcow2 (docs/interop/qcow2.txt, "Compressed Clusters Descriptor"). What is read for one goes up
 * to the end of a sector, so other bytes may follow the stream: both methods have to see where it ends.
 */
import * as zlib from 'node:zlib';
import { damaged, type Qcow2Header } from './qcow2-header.ts';

/** The bytes of a cluster; `packed` may go on behind the stream. Throws `image-damaged` (refused). */
export function unpackCluster(
  packed: Uint8Array,
  method: Qcow2Header['compression'],
  clusterSize: number,
): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = method === 'zlib' ? inflated(packed, clusterSize) : unpackedZstd(packed, clusterSize);
  } catch (cause) {
    throw damaged('a compressed cluster cannot be unpacked', cause);
  }
  if (bytes.length !== clusterSize)
    throw damaged(`a compressed cluster has ${bytes.length} bytes instead of ${clusterSize}`);
  return bytes;
}

/** Deflate without a header (RFC 1951). */
const inflated = (packed: Uint8Array, limit: number): Uint8Array =>
  zlib.inflateRawSync(packed, { maxOutputLength: limit });

/** As much as the encoder of a cluster may look back: 2^21 is the largest cluster. */
const windowLog = 23;

function unpackedZstd(packed: Uint8Array, limit: number): Uint8Array {
  // The Node.js of the oldest boards.
  if (zlib.zstdDecompressSync === undefined) throw new Error('this Node.js does not know zstd');
  return zlib.zstdDecompressSync(packed.subarray(0, frameLength(packed)), {
    maxOutputLength: limit,
    params: { [zlib.constants.ZSTD_d_windowLogMax]: windowLog },
  });
}

/** Of the first frame, by its blocks: RFC 8878, sections 3.1.1 and 3.1.1.2. */
function frameLength(packed: Uint8Array): number {
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.length);
  if (bytes.readUInt32LE(0) !== 0xfd2fb528) throw new Error('it does not begin with a zstd frame');
  const descriptor = bytes.readUInt8(4);
  const singleSegment = (descriptor >> 5) & 1;
  const contentSize = [singleSegment, 2, 4, 8][descriptor >> 6] ?? 0;
  const dictionaryId = [0, 1, 2, 4][descriptor & 3] ?? 0;
  let end = 5 + (1 - singleSegment) + dictionaryId + contentSize;
  for (let last = false; !last; ) {
    const header = bytes.readUIntLE(end, 3);
    last = (header & 1) === 1;
    // A block of one byte that is repeated holds just that byte.
    end += 3 + (((header >> 1) & 3) === 1 ? 1 : header >> 3);
  }
  return end + ((descriptor >> 2) & 1) * 4;
}

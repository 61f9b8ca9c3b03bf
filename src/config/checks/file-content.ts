/** What an entry of write_files holds: its content with the encoding undone. Pure. */
import { errorCode, messageOf } from '../../errors.ts';
import type { ObjectFault, ObjectValue } from '../keys/key-types.ts';

/** As cloud-init calls it. */
const plainText = 'text/plain';

/** Bytes of a file that was compressed: a few kilobytes can unpack to all of the memory. */
export const unpackedLimit = 64 * 1024 * 1024;

/**
 * Undoes `encoding`: '' and text/plain (nothing to undo), b64 or base64, gz or gzip, and gz+b64 in the same spellings (base64 outside).
 * Throws an Error that says what is wrong: base64 or gzip data that are not whole and valid, more than `limit`
 * bytes unpacked, compressed data given as text.
 */
export async function decodeContent(
  content: string | Uint8Array,
  encoding: string,
  limit = unpackedLimit,
): Promise<Uint8Array> {
  if (encoding === '' || encoding === plainText)
    return typeof content === 'string' ? Buffer.from(content) : content;
  const [outer = '', inner] = encoding.split('+').toReversed();
  if (isBase64(outer)) {
    const decoded = decodeBase64(content);
    if (inner === undefined) return decoded;
    if (isGzip(inner)) return unpack(decoded, limit);
  }
  if (isGzip(outer) && inner === undefined) {
    if (typeof content === 'string') throw new Error(textFault);
    return unpack(content, limit);
  }
  throw new Error(`the encoding "${encoding}" is unknown`);
}

/**
 * What decodeContent would throw, as far as it shows without unpacking: undefined for content that is plain, and for
 * compressed content that begins as it should.
 */
export function contentFault(content: string | Uint8Array, encoding: string): string | undefined {
  if (encoding === plainText) return undefined;
  const [outer = '', inner] = encoding.split('+').toReversed();
  try {
    const packed = isBase64(outer) ? decodeBase64(content) : content;
    if (!isGzip(inner ?? outer)) return undefined;
    if (typeof packed === 'string') return textFault;
    // RFC 1952, section 2.3.1: ID1, ID2 and the method deflate.
    const head = Buffer.from(packed.subarray(0, 3)).toString('hex');
    return head === '1f8b08'
      ? undefined
      : 'the content is not valid gzip: it does not begin like a gzip file';
  } catch (error) {
    return messageOf(error);
  }
}

const textFault = 'compressed content is given as text: write it as !!binary, or in base64 as gz+b64';
const isBase64 = (name: string) => name === 'b64' || name === 'base64';
const isGzip = (name: string) => name === 'gz' || name === 'gzip';

/** RFC 4648 section 4, with line ends and blanks anywhere. Node's decoder passes over what is wrong. */
function decodeBase64(content: string | Uint8Array): Uint8Array {
  const given = typeof content === 'string' ? content : Buffer.from(content).toString('latin1');
  const text = given.replace(/[ \t\r\n]+/g, '');
  const decoded = Buffer.from(text, 'base64');
  if (decoded.toString('base64') !== text)
    throw new Error(`the content is not valid base64: ${reason(text)}`);
  return decoded;
}

function reason(text: string): string {
  const foreign = /[^A-Za-z0-9+/=]/.exec(text);
  if (foreign !== null) return `character ${foreign.index + 1} is not in its alphabet`;
  return text.length % 4 === 0
    ? 'its padding is wrong'
    : 'its length is not a multiple of 4; is it complete?';
}

async function unpack(data: Uint8Array, limit: number): Promise<Uint8Array> {
  // Loaded here: few files are compressed.
  const { gunzip } = await import('node:zlib');
  return new Promise((resolve, reject) => {
    gunzip(data, { maxOutputLength: limit }, (error, result) => {
      if (error === null) return resolve(result);
      const why =
        errorCode(error) === 'ERR_BUFFER_TOO_LARGE'
          ? `the content unpacks to more than ${limit} bytes; fetch it in run_cmd instead`
          : `the content is not valid gzip: ${error.message}`;
      reject(new Error(why, { cause: error }));
    });
  });
}

/** What is wrong with the content of an entry of write_files, given its encoding. */
export function fileFault(entry: ObjectValue): ObjectFault | undefined {
  const { content = '', encoding = '' } = entry;
  const message = contentFault(content as string | Uint8Array, typeof encoding === 'string' ? encoding : '');
  return message === undefined ? undefined : { field: 'content', message };
}

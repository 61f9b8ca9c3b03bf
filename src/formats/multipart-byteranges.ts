/**
 * The body of an answer with several ranges, `multipart/byteranges` (RFC 9110, section 14.6; delimiters as RFC 2046,
 * section 5.1.1, has them). The content of a part is taken by the length that its Content-Range says, so it is never
 * searched for the delimiter, and whatever it holds is content.
 */
import { refused } from '../errors.ts';
import type { ByteRange, PlacedBytes } from './byte-range.ts';

/** Some bytes of a part. */
export interface PartBytes extends PlacedBytes {
  /** The whole part. */
  readonly part: ByteRange;
  /** Bytes that the file has; undefined when the server does not say. */
  readonly total: number | undefined;
}

/** Before the first part, and the head of each: nobody needs more. */
const headLimit = 8 * 1024;

/** Of a Content-Type header; undefined when it is another type, or has no boundary. */
export function boundaryOf(contentType: string): string | undefined {
  if (!/^multipart\/byteranges\s*;/i.test(contentType)) return undefined;
  const [, quoted, plain] =
    /;\s*boundary=(?:"([^"\\]{1,70})"|([^\s";,]{1,70}))\s*(?:;|$)/i.exec(contentType) ?? [];
  return quoted ?? plain;
}

/**
 * The content of the parts, piece by piece, in the order of `body`, which may be cut anywhere. Throws OpsError
 * (refused): `multipart-invalid`; `multipart-incomplete` when the body ends before the last delimiter; what reading
 * `body` throws.
 */
export async function* partsOf(body: AsyncIterable<Uint8Array>, boundary: string): AsyncGenerator<PartBytes> {
  const input = new Input(body);
  try {
    // What stands before the first delimiter says nothing (RFC 2046, section 5.1.1).
    let line = await input.line();
    while (!isDelimiter(line, boundary)) line = await input.line();
    while (!isLast(line, boundary)) {
      const { part, total } = await headOf(input);
      let { offset } = part;
      for await (const bytes of input.take(part.length)) {
        yield { offset, bytes, part, total };
        offset += bytes.length;
      }
      input.begin();
      const behind = await input.line();
      line = await input.line();
      if (behind !== '' || !isDelimiter(line, boundary))
        throw invalid('a part has another length than it says');
    }
  } finally {
    await input.close();
  }
}

/** White space may follow (RFC 2046, section 5.1.1). */
const isDelimiter = (line: string, boundary: string) =>
  [`--${boundary}`, `--${boundary}--`].includes(line.trimEnd());
const isLast = (line: string, boundary: string) => line.trimEnd() === `--${boundary}--`;

async function headOf(
  input: Input,
): Promise<{ readonly part: ByteRange; readonly total: number | undefined }> {
  input.begin();
  let found: string | undefined;
  for (let line = await input.line(); line !== ''; line = await input.line()) {
    const [, value] = /^content-range:(.*)$/i.exec(line) ?? [];
    if (value !== undefined && found !== undefined) throw invalid('a part says twice where it belongs');
    found = value ?? found;
  }
  const [, first, last, total] =
    /^\s*bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)\s*$/i.exec(found ?? '') ?? [];
  const [offset, end] = [Number(first), Number(last) + 1];
  if (last === undefined || end <= offset || (total !== '*' && end > Number(total)))
    throw invalid('a part does not say where it belongs');
  return { part: { offset, length: end - offset }, total: total === '*' ? undefined : Number(total) };
}

/** A stream of bytes that is taken by lines and by numbers of bytes. */
class Input {
  readonly #stream: AsyncIterator<Uint8Array>;
  #left: Uint8Array = new Uint8Array(0);
  #lines = 0;

  constructor(body: AsyncIterable<Uint8Array>) {
    this.#stream = body[Symbol.asyncIterator]();
  }

  /** The lines that follow are another head. */
  begin(): void {
    this.#lines = 0;
  }

  /** Up to the end of the line, without it. */
  async line(): Promise<string> {
    const parts: Buffer[] = [];
    for (;;) {
      const end = this.#left.indexOf(0x0a);
      const bytes = Buffer.from(end < 0 ? this.#left : this.#left.subarray(0, end));
      this.#lines += bytes.length + 1;
      if (this.#lines > headLimit) throw invalid(`there are more than ${headLimit} bytes between two parts`);
      parts.push(bytes);
      if (end >= 0) {
        this.#left = this.#left.subarray(end + 1);
        return Buffer.concat(parts).toString('latin1').replace(/\r$/, '');
      }
      await this.#more();
    }
  }

  async *take(length: number): AsyncGenerator<Uint8Array> {
    for (let missing = length; missing > 0; ) {
      if (this.#left.length === 0) await this.#more();
      const bytes = this.#left.subarray(0, missing);
      this.#left = this.#left.subarray(bytes.length);
      missing -= bytes.length;
      if (bytes.length > 0) yield bytes;
    }
  }

  async #more(): Promise<void> {
    const { done, value } = await this.#stream.next();
    if (done === true) throw refused('multipart-incomplete', 'The answer ends before its last part');
    this.#left = value;
  }

  async close(): Promise<void> {
    await this.#stream.return?.();
  }
}

const invalid = (why: string) =>
  refused('multipart-invalid', `The answer with several ranges is damaged: ${why}`);

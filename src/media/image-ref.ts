/** What an image is to those who read it, and how a plan names it. */
import { z } from 'zod';
import type { ByteSource } from '../formats/bytes.ts';
import { digestSchema } from '../oci/documents.ts';
import type { Several } from './ranges/several.ts';
import { pinSchema } from './transport.ts';

/** How a plan names an image. A URL can carry secrets: it has a name of the plan, such as `url:image`. */
export const imageRefSchema = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('file'), path: z.string(), size: z.number().int().nonnegative() }),
  z.strictObject({ from: z.literal('url'), url: z.string(), shown: z.string(), pin: pinSchema }),
  /** A release: its files one after the other, beside the manifest whose URL is named. */
  z.strictObject({
    from: z.literal('release'),
    url: z.string(),
    shown: z.string(),
    files: z.array(z.strictObject({ path: z.string(), size: z.number().int().nonnegative() })),
  }),
  /** An image in a registry: those of its layers that are plain tar archives, one after the other. */
  z.strictObject({
    from: z.literal('oci'),
    /** With the digest that the tag led to. */
    shown: z.string(),
    registry: z.string(),
    repository: z.string(),
    /** Of its manifest. */
    digest: digestSchema,
    mirrors: z.array(z.string()),
    plainHttp: z.boolean(),
    blobs: z.array(z.strictObject({ digest: digestSchema, size: z.number().int().nonnegative() })),
  }),
]);
export type ImageRef = z.infer<typeof imageRefSchema>;

export interface Image extends ByteSource {
  readonly ref: ImageRef;
  /** For messages: the path, or the URL without secrets. */
  readonly name: string;
  /** False where going back means reading everything before again. */
  readonly ranges: boolean;
  /**
   * The bytes from `offset` up to `end`, in pieces, in order; to the end of the image when `end` is left out. A piece
   * is good until the next one is asked for.
   */
  stream(offset: number, end?: number, signal?: AbortSignal): AsyncGenerator<Uint8Array>;
  /** Several ranges at once, where there is somebody to ask. */
  readonly several?: Several;
  close(): Promise<void>;
}

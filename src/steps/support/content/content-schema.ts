/** The form of what a step writes, and of the parts that other steps have, too. */
import { z } from 'zod';

export const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);
export const byteCount = z.number().int().nonnegative();

export const contentSchema = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('text'), text: z.string() }),
  z.strictObject({
    from: z.literal('file'),
    /** A path, or a name of the plan such as `file:config`. */
    path: z.string(),
    size: byteCount,
    sha256: sha256Hex,
  }),
]);
export type Content = z.infer<typeof contentSchema>;

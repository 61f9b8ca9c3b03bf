/** The form of the step that changes an image, which the command itself runs without having to load it. */
import { z } from 'zod';
import { contentSchema } from '../support/content/content-schema.ts';

export const editSettingsSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('edit-settings'),
  partition: z.string(),
  /** All that is to be in force. To take the last change back, those from before it: they are there already. */
  settings: z.strictObject({ menu: contentSchema, config: contentSchema }),
});
export type EditSettings = z.infer<typeof editSettingsSchema>;

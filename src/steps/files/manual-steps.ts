/** Says, in the plan and again when it is carried out, what an installation leaves to the person. */
import { z } from 'zod';
import type { Handler } from '../../plan/plan.ts';

export const tellLeftSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('tell-left'),
  /** One sentence without a full stop. */
  what: z.string(),
});
export type TellLeft = z.infer<typeof tellLeftSchema>;

export const tellLeft: Handler<TellLeft> = {
  describe: (step) => `Leave to you: ${step.what}`,
  destructive: false,
  run: async (step, context) => context.warn(`left to you: ${step.what}`),
  undo: { kind: 'none' },
};

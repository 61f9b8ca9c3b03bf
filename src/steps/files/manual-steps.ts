/** Says, in the plan and again when it is carried out, what an installation leaves to the person. */
import { z } from 'zod';
import type { Handler } from '../../plan/plan.ts';

export const manualStepsSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('manual-steps'),
  /** One sentence without a full stop. */
  what: z.string(),
});
export type ManualSteps = z.infer<typeof manualStepsSchema>;

export const manualSteps: Handler<ManualSteps> = {
  describe: (step) => `Leave to you: ${step.what}`,
  destructive: false,
  run: async (step, context) => context.warn(`left to you: ${step.what}`),
  undo: { kind: 'none' },
};

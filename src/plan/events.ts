/**
 * What an execution tells while it runs. Each event is one JSON line with `--json`; the plain and the
 * interactive renderers read the same events. docs/events.md publishes the schema.
 */
import { z } from 'zod';

const base = { v: z.literal(1), at: z.number().int().describe('milliseconds since 1970, UTC') };

const stepLine = z.object({
  id: z.string(),
  kind: z.string(),
  title: z.string().describe('what the step does, one line in plain words'),
  destructive: z.boolean(),
});

export const planEvent = z.object({
  ...base,
  type: z.literal('plan'),
  operation: z.string(),
  steps: z.array(stepLine),
  plan: z.unknown().optional().describe('of a dry run: the plan itself, every value of every step'),
});
export const warning = z.object({
  ...base,
  type: z.literal('warning'),
  message: z.string().describe('what was given and has no effect, or may not have the one that was meant'),
});
export const stepStart = z.object({
  ...base,
  type: z.literal('step-start'),
  id: z.string(),
  title: z.string(),
});
export const progress = z.object({
  ...base,
  type: z.literal('progress'),
  id: z.string(),
  done: z.number().nonnegative(),
  total: z.number().nonnegative(),
  unit: z.enum(['bytes', 'percent', 'items']),
});
export const note = z.object({
  ...base,
  type: z.literal('note'),
  id: z.string().describe('the step that is running'),
  message: z.string().describe('why it takes longer, such as a server that is asked again'),
});
export const stepEnd = z.object({
  ...base,
  type: z.literal('step-end'),
  id: z.string(),
  ok: z.boolean(),
  ms: z.number().nonnegative(),
  message: z.string().optional().describe('why it failed; of a step that is ok, a warning'),
});
export const result = z.object({
  ...base,
  type: z.literal('result'),
  ok: z.boolean(),
  exitCode: z.number().int(),
  code: z.string().optional(),
  message: z.string(),
  hint: z.string().optional(),
  details: z.array(z.string()).optional(),
});

export const event = z.discriminatedUnion('type', [
  planEvent,
  warning,
  stepStart,
  progress,
  note,
  stepEnd,
  result,
]);
export type Event = z.infer<typeof event>;
export type Emit = (event: Event) => void;

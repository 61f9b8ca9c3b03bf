/**
 * Changes what the boot loader starts next: one sector of the boot environment of the running installation. Before it
 * the file system is checkpointed: what the boot loader is told to start must be where it looks.
 */
import { z } from 'zod';
import { renderBootEnvironment } from '../../boot/environment.ts';
import { changeInstalledEnvironment, readInstalledEnvironment } from '../../boot/installed-environment.ts';
import { parseEnvironmentBlock } from '../../formats/boot-config/grubenv.ts';
import type { Handler, StepContext } from '../../plan/plan.ts';
import { environmentChanged } from '../support/changed-since.ts';
import { checkpoint } from '../support/checkpoint.ts';
import { readBackError } from '../support/devices.ts';

export const changeEnvironmentSchema = z.strictObject({
  id: z.string(),
  kind: z.literal('change-environment'),
  /** The folder at which the root of the node is: a name of the plan. */
  root: z.string(),
  /** BOS_STATE as it is mounted: a name of the plan. */
  at: z.string(),
  /** The devices as the node calls them; `esp` is empty for none. */
  devices: z.strictObject({ state: z.string(), esp: z.string() }),
  /** In the words of a plan: `Start 0.2.0 from now on`. */
  does: z.string(),
  /** Variables and their values; null takes one away. */
  changes: z.record(z.string(), z.string().nullable()),
  /** What these variables are now. */
  before: z.record(z.string(), z.string().nullable()),
});
export type ChangeEnvironment = z.infer<typeof changeEnvironmentSchema>;

export const changeEnvironment: Handler<ChangeEnvironment> = {
  describe: ({ does }) => `${does} (one sector)`,
  destructive: false,
  completes: true,
  async run(step, context) {
    if (!(await has(step, step.before, context))) throw environmentChanged();
    await checkpoint(context.host, context.resolve(step.at));
    await put(step, step.changes, context);
  },
  async verify(step, context) {
    if (!(await has(step, step.changes, context)))
      throw readBackError(`${step.devices.esp || step.devices.state}, where the boot environment lies,`);
  },
  undo: { kind: 'restore', run: (step, context) => put(step, step.before, context) },
};

const put = (step: ChangeEnvironment, values: ChangeEnvironment['changes'], context: StepContext) =>
  changeInstalledEnvironment(
    context.host,
    context.resolve(step.root),
    step.devices,
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value ?? undefined])),
  );

async function has(
  step: ChangeEnvironment,
  values: ChangeEnvironment['changes'],
  { host, resolve }: StepContext,
): Promise<boolean> {
  const environment = await readInstalledEnvironment(host, resolve(step.root), step.devices);
  const variables = parseEnvironmentBlock(renderBootEnvironment(environment));
  return Object.entries(values).every(([name, value]) => (variables.get(name) ?? null) === value);
}

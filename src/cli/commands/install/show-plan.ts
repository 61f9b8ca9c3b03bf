/** A plan as the result of a dry run: text, or its event. */
import type { Prepared } from '../../../install/prepare.ts';
import { handlerOf } from '../../../plan/plan.ts';
import { stamper } from '../../../plan/stamper.ts';
import { handlers } from '../../../steps/index.ts';
import type { CommandContext } from '../../command.ts';
import type { Renderer } from '../../render/index.ts';
import { planText } from '../../render/plan-text.ts';

/** Writes the plan to stdout, or gives it to `emit` when there is one. */
export function showPlan(
  context: CommandContext,
  { plan }: Pick<Prepared, 'plan'>,
  emit: Renderer['emit'] | undefined,
): void {
  if (emit === undefined) {
    context.terminal.out(planText(plan, handlers, context.terminal.columns));
    return;
  }
  const steps = plan.steps.map((step) => {
    const { describe, destructive } = handlerOf(handlers, step);
    return { id: step.id, kind: step.kind, title: describe(step), destructive };
  });
  stamper(emit, context.host.clock.now)({ type: 'plan', operation: plan.operation, steps, plan });
}

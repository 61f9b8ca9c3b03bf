/** A plan as the result of a dry run: text, or its event. */
import { handlerOf, type Plan } from '../../../plan/plan.ts';
import { stamper } from '../../../plan/stamper.ts';
import { handlers, type Step } from '../../../steps/index.ts';
import type { CommandContext } from '../../command.ts';
import type { Renderer } from '../../render/index.ts';
import { planText } from '../../render/plan-text.ts';

/** Writes the plan to stdout, or gives it to `emit` when there is one. `using`: what its steps are to the operation. */
export function showPlan(
  context: CommandContext,
  { plan }: { readonly plan: Plan<Step> },
  emit: Renderer['emit'] | undefined,
  using: typeof handlers = handlers,
): void {
  if (emit === undefined) {
    context.terminal.out(planText(plan, using, context.terminal.columns));
    return;
  }
  const steps = plan.steps.map((step) => {
    const { describe, destructive } = handlerOf(using, step);
    return { id: step.id, kind: step.kind, title: describe(step), destructive };
  });
  stamper(emit, context.host.clock.now)({ type: 'plan', operation: plan.operation, steps, plan });
}

/** A plan as a person reads it before agreeing. */
import { type Handlers, handlerOf, type Plan, type StepBase } from '../../plan/plan.ts';
import { wrap } from '../terminal/wrap.ts';

const widest = 80;

/** Numbered lines; what destroys says so in words. */
export function planText<S extends StepBase>(plan: Plan<S>, handlers: Handlers<S>, columns: number): string {
  const width = Math.min(columns, widest);
  const digits = `${plan.steps.length}`.length;
  const lines = plan.steps.map((step, index) => {
    const handler = handlerOf(handlers, step);
    const indent = ' '.repeat(digits + 4);
    const text = `${handler.describe(step)}${handler.destructive ? ` [${handler.caution ?? 'destroys data'}]` : ''}`;
    const number = `${index + 1}`.padStart(digits + 2);
    return `${number}. ${wrap(text, width, indent).trimStart()}`;
  });
  return [`${wrap(`Plan for ${plan.target}:`, width)}`, ...lines, ''].join('\n');
}

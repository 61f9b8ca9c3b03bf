/** Installing what was tried from memory: the host keys of ssh go to the new disk, as a takeover leaves them on the old root. */
import type { Plan } from '../../../plan/plan.ts';
import type { Step } from '../../../steps/index.ts';
import { planRefs } from '../../plan-input.ts';
import type { HostKeyFile } from '../carry/read-logins.ts';
import { hostKeySteps } from '../carry/steps.ts';

/** The plan with their steps before the manifest, behind which a state partition is whole. Pure. */
export function withHostKeys(plan: Plan<Step>, keys: readonly HostKeyFile[]): Plan<Step> {
  const index = plan.steps.findIndex(({ id }) => id === 'write-manifest');
  if (index < 0) throw new Error('the plan writes no manifest');
  const added = hostKeySteps(keys, planRefs.mount);
  return { ...plan, steps: plan.steps.toSpliced(index, 0, ...added) };
}

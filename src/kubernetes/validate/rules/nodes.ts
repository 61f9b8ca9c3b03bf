/** Which nodes, and how many at a time. */

import type { Path } from '../../schema/check-schema.ts';
import { labelKeyFault, labelValueFault } from '../../values/names.ts';
import { controlPlaneLabel } from '../../values/node-labels.ts';
import { contradiction, operators } from '../../values/selector.ts';
import type { PlanView, Report, Rule } from '../plan-view.ts';

export const nodeRules: Rule = (plan, report) => {
  checkConcurrency(plan, report);
  const path = ['spec', 'nodeSelector'];
  if (!plan.has('spec')) return;
  if (!plan.has(...path)) {
    report('error', path, 'is missing: without it no node is ever selected');
    return;
  }
  checkSelector(plan, path, report);
  if (isEmptySelector(plan, path)) report('warning', path, 'is empty: every node of the cluster is selected');
  const key = contradiction(plan.requirements(...path));
  if (key !== undefined) report('error', path, `selects no node: what it says of ${key} cannot all hold`);
};

function checkConcurrency(plan: PlanView, report: Report): void {
  const path = ['spec', 'concurrency'];
  if (!plan.has('spec')) return;
  if (!plan.has(...path)) {
    report('error', path, 'is missing, which means 0: no node is ever upgraded');
    return;
  }
  const concurrency = plan.number(...path);
  if (concurrency === undefined) return;
  if (concurrency < 1) report('error', path, `is ${concurrency}: no node is ever upgraded`);
  else if (concurrency > 1 && selectsControlPlane(plan))
    report(
      'warning',
      path,
      `upgrades ${concurrency} nodes of the control plane at a time, which can cost etcd its quorum; write 1`,
    );
}

/** Whether the selector is about the control plane, and not against it. */
function selectsControlPlane(plan: PlanView): boolean {
  const requirements = plan.requirements('spec', 'nodeSelector');
  return requirements.some(
    ({ key, operator, values = [] }) =>
      key === controlPlaneLabel && (operator === 'Exists' || (operator === 'In' && values.includes('true'))),
  );
}

const isEmptySelector = (plan: PlanView, path: Path): boolean =>
  plan.names(...path, 'matchLabels').length === 0 && plan.items(...path, 'matchExpressions').length === 0;

/** The parts of a label selector, as the API server would refuse them when the controller asks for nodes. */
export function checkSelector(plan: PlanView, path: Path, report: Report): void {
  for (const key of plan.names(...path, 'matchLabels')) {
    const value = plan.text(...path, 'matchLabels', key);
    const fault = labelKeyFault(key) ?? (value === undefined ? undefined : labelValueFault(value));
    if (fault !== undefined) report('error', [...path, 'matchLabels', key], fault);
  }
  for (const item of plan.items(...path, 'matchExpressions')) {
    const key = plan.text(...item, 'key');
    const keyFault = key === undefined ? undefined : labelKeyFault(key);
    if (keyFault !== undefined) report('error', [...item, 'key'], keyFault);
    const operator = plan.text(...item, 'operator');
    if (operator === undefined) continue;
    if (!operators.some((name) => name === operator)) {
      report('error', [...item, 'operator'], `"${operator}" is not possible; write ${operators.join(', ')}`);
      continue;
    }
    const count = plan.items(...item, 'values').length;
    const wantsValues = operator === 'In' || operator === 'NotIn';
    if (wantsValues && count === 0)
      report('error', [...item, 'values'], `must not be empty with ${operator}`);
    if (!wantsValues && count > 0) report('error', [...item, 'values'], `must be left out with ${operator}`);
    for (const value of plan.items(...item, 'values')) {
      const fault = labelValueFault(plan.text(...value) ?? '');
      if (fault !== undefined) report('error', value, fault);
    }
  }
}

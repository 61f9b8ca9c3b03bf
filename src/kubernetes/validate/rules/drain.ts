/** Drain and cordon: what becomes kubectl's arguments, and what the controller takes for granted. */

import { parseDuration } from '../../../formats/time/duration.ts';
import type { Path } from '../../schema/check-schema.ts';
import { contradiction } from '../../values/selector.ts';
import type { PlanView, Report, Rule } from '../plan-view.ts';
import { checkSelector } from './nodes.ts';

const path = ['spec', 'drain'];
/** What an intstr.IntOrString holds; the controller cannot even read a Plan with more. */
const int32Limit = 2 ** 31;

export const drainRules: Rule = (plan, report) => {
  if (!plan.has(...path)) return;
  if (plan.has('spec', 'cordon'))
    report('warning', ['spec', 'cordon'], 'has no effect beside drain, which always cordons; leave it out');
  checkKeys(plan, report);
  checkTimeout(plan, report);
  const at = (name: string) => [...path, name];
  if (plan.flag(...at('ignoreDaemonSets')) === false)
    report('warning', at('ignoreDaemonSets'), 'stops the drain at the first pod of a DaemonSet');
  if (plan.flag(...at('disableEviction')) === true)
    report('warning', at('disableEviction'), 'deletes pods without asking disruption budgets');
  const grace = plan.number(...at('gracePeriod'));
  if (grace === 0) report('warning', at('gracePeriod'), 'is 0: pods are killed without a chance to end');
  const skip = plan.number(...at('skipWaitForDeleteTimeout'));
  if (skip !== undefined && skip < 0)
    report('warning', at('skipWaitForDeleteTimeout'), 'has no effect below 1; leave it out');
  checkPodSelector(plan, at('podSelector'), report);
};

function checkKeys(plan: PlanView, report: Report): void {
  const old = plan.has(...path, 'deleteLocalData');
  const current = plan.has(...path, 'deleteEmptydirData');
  if (old && current)
    report(
      'error',
      [...path, 'deleteLocalData'],
      'is the old name of deleteEmptydirData: the controller refuses a Plan with both',
    );
  else if (old) report('warning', [...path, 'deleteLocalData'], 'is the old name; write deleteEmptydirData');
  const left = [
    ...(plan.has(...path, 'ignoreDaemonSets') ? [] : ['ignoreDaemonSets']),
    ...(old || current ? [] : ['deleteEmptydirData']),
  ];
  if (left.length > 0)
    report(
      'warning',
      path,
      `leaves out ${left.join(' and ')}, which the controller takes for true; write what you mean`,
    );
}

function checkTimeout(plan: PlanView, report: Report): void {
  const at = [...path, 'timeout'];
  const nanoseconds = plan.number(...at);
  if (nanoseconds !== undefined) {
    const meant = Math.abs(nanoseconds) < 100_000 ? nanoseconds : Math.round(nanoseconds / 1e9);
    const better = meant > 0 ? `; write "${meant}s"` : '';
    if (Math.abs(nanoseconds) >= int32Limit)
      report(
        'error',
        at,
        `is a number of nanoseconds and must fit into 32 bits, which the controller cannot read${better}`,
      );
    else if (nanoseconds !== 0)
      report('error', at, `is a number of nanoseconds, ${nanoseconds / 1e9} s${better}`);
    return;
  }
  const text = plan.text(...at);
  if (text === undefined) return;
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined)
    report('error', at, 'is not a duration that kubectl takes; write one such as "600s" or "10m"');
  else if (milliseconds < 0) report('error', at, 'is negative: the drain fails at once');
  else checkDeadline(plan, milliseconds / 1000, report);
}

function checkDeadline(plan: PlanView, seconds: number, report: Report): void {
  const deadline = plan.number('spec', 'jobActiveDeadlineSecs');
  if (deadline !== undefined && deadline > 0 && seconds >= deadline)
    report(
      'warning',
      [...path, 'timeout'],
      `is not shorter than jobActiveDeadlineSecs (${deadline}), which ends the job first and leaves the node cordoned`,
    );
}

function checkPodSelector(plan: PlanView, at: Path, report: Report): void {
  if (!plan.has(...at)) return;
  checkSelector(plan, at, report);
  const key = contradiction(plan.requirements(...at));
  if (key !== undefined) report('warning', at, `selects no pod: what it says of ${key} cannot all hold`);
}

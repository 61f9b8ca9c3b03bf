/** The window, the deadline of jobs, and the pause after each. */
import { parseDuration } from '../../../formats/time/duration.ts';
import { timeZoneFault } from '../../../formats/time/time-zone.ts';
import { parseTimeOfDay } from '../../../formats/time/window.ts';
import type { PlanView, Report, Rule } from '../plan-view.ts';

/** A deadline below this is too short for an image to be pulled, nodes to be drained, and a restart. */
const shortDeadline = 60;

export const timeRules: Rule = (plan, report) => {
  checkWindow(plan, report);
  const deadline = plan.number('spec', 'jobActiveDeadlineSecs');
  const at = ['spec', 'jobActiveDeadlineSecs'];
  if (deadline !== undefined && deadline < 0) report('error', at, 'is negative; write 0 for no limit');
  else if (deadline !== undefined && deadline > 0 && deadline < shortDeadline)
    report('warning', at, `gives the job ${deadline} s for pulling, draining, upgrading and restarting`);
  const delay = plan.text('spec', 'postCompleteDelay');
  if (delay === undefined) return;
  const milliseconds = parseDuration(delay);
  if (milliseconds === undefined)
    report('error', ['spec', 'postCompleteDelay'], 'is not a duration; write one such as "5m"');
  else if (milliseconds < 0)
    report('error', ['spec', 'postCompleteDelay'], 'is negative, which the controller refuses');
};

function checkWindow(plan: PlanView, report: Report): void {
  const path = ['spec', 'window'];
  if (!plan.has(...path)) return;
  if (!plan.has(...path, 'days'))
    report('error', [...path, 'days'], 'is missing: a window without days never opens');
  const [start, end] = ['startTime', 'endTime'].map((name) => {
    const at = [...path, name];
    const text = plan.text(...at);
    if (!plan.has(...at) || text === '')
      report('error', at, 'is missing, which the controller refuses; write a time such as "02:00"');
    else if (text !== undefined && parseTimeOfDay(text) === undefined)
      report('error', at, 'is not a time of day; write one such as "02:00"');
    return text === undefined ? undefined : parseTimeOfDay(text);
  });
  if (start !== undefined && end !== undefined && start >= end)
    report(
      'error',
      path,
      'never opens: startTime must be before endTime, and a window cannot go past midnight; end it at "23:59" or begin it at "00:00"',
    );
  const zone = plan.text(...path, 'timeZone');
  const fault = zone === undefined || zone === '' ? undefined : timeZoneFault(zone);
  if (fault !== undefined) report('error', [...path, 'timeZone'], fault);
}

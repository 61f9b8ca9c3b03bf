/** `pack.drain`: how a node is emptied before it is changed. Times are seconds, without a unit. */

import { parseDuration } from '../../../formats/time/duration.ts';
import { schemaFaults } from '../../../kubernetes/schema/check-schema.ts';
import { hasMacro } from '../../yaml/read-yaml.ts';
import type { PackRule, PackView, Report } from '../pack-view.ts';
import { drainSchema } from '../schema/values.ts';

const path = ['pack', 'drain'] as const;
/** The name that the system-upgrade-controller and kubectl have for it. */
const planName = 'deleteEmptydirData';
const times = ['timeout', 'gracePeriod', 'skipWaitForDeleteTimeout'] as const;
/** What the documentation gives twice: false in its table, true in its example. */
const doubtful = ['ignoreDaemonSets', 'deleteLocalData', 'force'] as const;
/** Seconds; longer drains are numbers in another unit. */
const longest = 24 * 3600;
const nanoseconds = 1e9;

export const drainRules: PackRule = (pack, report) => {
  const { values } = pack;
  const drain = values.at(...path);
  if (drain === undefined || !values.has(...path)) return;
  if (drain.kind !== 'map') {
    report('error', values, path, 'expected a map, such as cordon: true');
    return;
  }
  for (const fault of schemaFaults(drain, drainSchema, 'pack.drain')) {
    const name = String(fault.path[0]);
    const place = [...path, ...fault.path];
    if (name === planName) otherName(pack, report);
    else if (fault.unknown === true)
      report('warning', values, fault.offset ?? place, `gives ${name}, which ${fault.message}`);
    else if (!hasMacro(values.word(...place))) wrongType(pack, name, fault.message, report);
  }
  checkTimes(pack, report);
  checkFlags(pack, report);
};

function otherName({ values }: PackView, report: Report): void {
  const drain = values.at(...path);
  const entry = drain?.kind === 'map' ? drain.entries.get(planName) : undefined;
  if (entry === undefined) return;
  if (values.has(...path, 'deleteLocalData'))
    report(
      'error',
      values,
      entry.keyOffset,
      `gives ${planName} beside deleteLocalData, which is the same; keep that`,
    );
  else
    report('warning', values, entry.keyOffset, `gives ${planName}, whose name is deleteLocalData in a pack`, [
      { offset: entry.keyOffset, length: planName.length, text: 'deleteLocalData' },
    ]);
}

/** Text where a number or true belongs: with a unit, or in quotes. */
function wrongType({ values }: PackView, name: string, message: string, report: Report): void {
  const text = values.word(...path, name).trim();
  const isTime = times.some((one) => one === name);
  const milliseconds = isTime && /[a-z]$/i.test(text) ? parseDuration(text) : undefined;
  const seconds = milliseconds !== undefined && milliseconds % 1000 === 0 ? milliseconds / 1000 : undefined;
  const bare = isTime ? /^-?\d+$/ : /^(?:true|false)$/;
  const mended = bare.test(text) ? text : seconds?.toString();
  const advice = mended === undefined ? '' : `; write ${mended}`;
  report(
    'error',
    values,
    [...path, name],
    isTime && seconds !== undefined ? `counts seconds and has no unit${advice}` : `${message}${advice}`,
    mended === undefined ? [] : values.replaced([...path, name], () => mended),
  );
}

function checkTimes({ values }: PackView, report: Report): void {
  for (const name of times) {
    const seconds = values.number(...path, name);
    if (seconds === undefined) continue;
    if (seconds >= nanoseconds / 10 && seconds % (nanoseconds / 10) === 0)
      report(
        'warning',
        values,
        [...path, name],
        `counts seconds, and ${seconds} are ${Math.round(seconds / longest)} days; if nanoseconds were meant, write ${seconds / nanoseconds}`,
      );
    else if (seconds > longest)
      report('warning', values, [...path, name], `counts seconds: ${seconds} are more than a day`);
  }
  const timeout = values.number(...path, 'timeout');
  if (timeout !== undefined && timeout < 0)
    report('error', values, [...path, 'timeout'], 'is negative; write 0 for no limit');
  const skip = values.number(...path, 'skipWaitForDeleteTimeout');
  if (skip !== undefined && skip < 0)
    report('warning', values, [...path, 'skipWaitForDeleteTimeout'], 'has no effect below 1; leave it out');
}

function checkFlags({ values }: PackView, report: Report): void {
  if (!values.has(...path, 'cordon') || values.flag(...path, 'cordon') === false)
    report('warning', values, path, 'drains no node without cordon: true');
  const left = doubtful.filter((name) => !values.has(...path, name));
  const deletes = values.has(...path, planName);
  const unsaid = deletes ? left.filter((name) => name !== 'deleteLocalData') : left;
  if (unsaid.length > 0)
    report(
      'warning',
      values,
      path,
      `leaves out ${unsaid.join(', ')}: the documentation has false in its table and true in its example; write what you mean`,
    );
  if (values.flag(...path, 'disableEviction') === true)
    report('warning', values, [...path, 'disableEviction'], 'deletes pods without asking disruption budgets');
}

/** Name and namespace: what the controller makes labels and jobs of. */
import { labelKeyFault, labelValueFault, objectNameFault, shortNameFault } from '../../values/names.ts';
import type { Rule } from '../plan-view.ts';

/** The name is that of a label on nodes (`plan.upgrade.cattle.io/NAME`) and the value of one on jobs. */
const longestName = 63;

export const metadataRules: Rule = (plan, report) => {
  const name = plan.text('metadata', 'name');
  if (name === undefined && plan.has('metadata', 'generateName'))
    report('error', ['metadata', 'generateName'], 'is not enough: kubectl apply wants a name');
  else if (name === undefined && plan.has('metadata') && !plan.has('metadata', 'name'))
    report('error', ['metadata', 'name'], 'is missing');
  if (name !== undefined) {
    const fault =
      objectNameFault(name) ??
      (name.length > longestName
        ? `is ${name.length} letters long; at most ${longestName} fit into the label that marks upgraded nodes`
        : undefined);
    if (fault !== undefined) report('error', ['metadata', 'name'], fault);
  }
  const namespace = plan.text('metadata', 'namespace');
  const wrong = namespace === undefined ? undefined : shortNameFault(namespace);
  if (wrong !== undefined) report('error', ['metadata', 'namespace'], wrong);
  if (plan.has('metadata') && !plan.has('metadata', 'namespace'))
    report(
      'warning',
      ['metadata', 'namespace'],
      'is missing: kubectl takes that of its context, and the controller sees only Plans of its own, system-upgrade as a rule',
    );
  for (const key of plan.names('metadata', 'labels')) {
    const value = plan.text('metadata', 'labels', key);
    const fault = labelKeyFault(key) ?? (value === undefined ? undefined : labelValueFault(value));
    if (fault !== undefined) report('error', ['metadata', 'labels', key], fault);
  }
};

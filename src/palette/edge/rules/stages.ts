/** `stages`: lists of steps by the names of stages of Kairos (mudler/yip, pkg/schema). */
import { didYouMean } from '../../../config/nearest.ts';
import { type Path, schemaFaults } from '../../../kubernetes/schema/check-schema.ts';
import { stageNames, stageStep } from '../schema/user-data.ts';
import type { Report, UserData, UserDataRule } from '../user-data-view.ts';

export const stageRules: UserDataRule = (data, report) => {
  for (const name of data.names('stages')) {
    const path = ['stages', name];
    const stage = name.replace(/\.(?:before|after)$/, '');
    if (!stageNames.some((known) => known === stage || known === name)) {
      const near = didYouMean(name, stageNames);
      report('warning', path, `is not a stage that Kairos runs${near}`);
    }
    const value = data.at(...path);
    if (value?.kind === 'list') for (const step of data.items(...path)) checkStep(data, step, report);
    else if (value?.kind === 'map')
      report('error', path, 'expected a list of steps; put a hyphen before each: - name: …');
    else if (data.has(...path)) report('error', path, 'expected a list of steps');
  }
};

function checkStep(data: UserData, path: Path, report: Report): void {
  const step = data.at(...path);
  if (step === undefined) return;
  if (step.kind !== 'map') {
    report('error', path, 'expected a step: a map, such as name: and commands: with a list');
    return;
  }
  for (const fault of schemaFaults(step, stageStep, 'a step')) {
    const spot = [...path, ...fault.path];
    if (fault.unknown === true) {
      const name = String(fault.path.at(-1));
      const near = fault.path.length === 1 ? didYouMean(name, Object.keys(stageStep.fields)) : '';
      report('warning', spot, `is not a key that Kairos reads here${near}`);
    } else if (fault.path[0] === 'if' && data.at(...spot)?.kind === 'list')
      report(
        'error',
        spot,
        'expected text: a condition in brackets stands in quotes, such as \'[ -f "/file" ]\'',
      );
    else if (fault.path.length === 1 && fault.path[0] === 'users')
      report('error', spot, 'expected names of users, each with its values below; no hyphens');
    else report('error', spot, fault.message);
  }
}

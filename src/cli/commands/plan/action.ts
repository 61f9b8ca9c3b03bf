/** What `opsctl plan` does. */
import { formatUnlabelled, hasErrors } from '../../../config/diagnostics.ts';
import { usage } from '../../../errors.ts';
import { renderPlans } from '../../../kubernetes/plan/render.ts';
import { validatePlans } from '../../../kubernetes/validate/validate.ts';
import type { CommandAction } from '../../command.ts';
import { opsctlVersion } from '../../version.ts';
import { requestOf } from './request.ts';

/** Prints the manifests, or throws OpsError (usage): what `requestOf` does, and `plan-invalid`. */
export const printPlan: CommandAction = async ({ terminal }, _args, options) => {
  const text = renderPlans(requestOf(options, await opsctlVersion()));
  // What is printed passes the check that everybody's Plans get.
  const { diagnostics } = validatePlans(Buffer.from(text), 'plan');
  const details = diagnostics.map(({ key, message }) =>
    formatUnlabelled({ place: { file: key ?? 'plan' }, message }),
  );
  if (hasErrors(diagnostics))
    throw usage('plan-invalid', 'These options do not make a valid Plan', {
      details,
      hint: '`opsctl help plan` says what each option takes.',
    });
  for (const line of details) terminal.err(`warning: ${line}\n`);
  terminal.out(text);
  return 0;
};

/** The rest of what becomes a pod: its account, tolerations, environment, rights, labels of finished nodes. */
import type { Path } from '../../schema/check-schema.ts';
import { labelKeyFault, labelValueFault, objectNameFault } from '../../values/names.ts';
import type { PlanView, Report, Rule } from '../plan-view.ts';

/** What the controller puts in the place of `$(LATEST_HASH)`: SHA-224 in hexadecimal; a version is shorter. */
const longestHash = '0'.repeat(56);
const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
const tolerationOperators = ['Exists', 'Equal', 'Lt', 'Gt'];
/** Names of variables and options whose value is nobody else's business. */
const secretName =
  /(?:^|[_-])(?:token|password|passwd|passphrase|secret|credentials?|(?:api|private|access)[_-]?key)$/i;

export const podRules: Rule = (plan, report) => {
  checkAccount(plan, report);
  for (const item of plan.items('spec', 'tolerations')) checkToleration(plan, item, report);
  for (const container of ['prepare', 'upgrade']) checkContainer(plan, ['spec', container], report);
  checkLabels(plan, report);
};

function checkAccount(plan: PlanView, report: Report): void {
  const account = plan.text('spec', 'serviceAccountName');
  if (plan.has('spec', 'drain') && (account === undefined || account === ''))
    report(
      'warning',
      ['spec', 'serviceAccountName'],
      'is missing: the drain runs as the account "default", which may not evict pods as a rule',
    );
  for (const name of ['serviceAccountName', 'priorityClassName']) {
    const value = plan.text('spec', name);
    const fault = value === undefined || value === '' ? undefined : objectNameFault(value);
    if (fault !== undefined) report('error', ['spec', name], fault);
  }
  for (const item of plan.items('spec', 'imagePullSecrets')) {
    const name = plan.text(...item, 'name');
    const fault = objectNameFault(name ?? '');
    if (fault !== undefined) report('error', [...item, 'name'], fault);
  }
}

/** As the API server refuses them when the job is made (core/v1, Toleration). */
function checkToleration(plan: PlanView, item: Path, report: Report): void {
  const of = (name: string) => plan.text(...item, name) ?? '';
  const [key, operator, value, effect] = [of('key'), of('operator'), of('value'), of('effect')];
  if (operator !== '' && !tolerationOperators.includes(operator))
    report('error', [...item, 'operator'], `"${operator}" is not possible; write Exists or Equal`);
  if (effect !== '' && !effects.includes(effect))
    report('error', [...item, 'effect'], `"${effect}" is not possible; write ${effects.join(', ')}`);
  if (key === '' && operator !== 'Exists')
    report('error', item, 'has no key, which is possible with the operator Exists alone');
  if (operator === 'Exists' && value !== '')
    report('error', [...item, 'value'], 'must be left out with the operator Exists');
  const fault = key === '' ? undefined : labelKeyFault(key);
  if (fault !== undefined) report('error', [...item, 'key'], fault);
  if (plan.has(...item, 'tolerationSeconds') && effect !== 'NoExecute')
    report('error', [...item, 'tolerationSeconds'], 'is possible with the effect NoExecute alone');
}

function checkContainer(plan: PlanView, path: Path, report: Report): void {
  for (const item of plan.items(...path, 'envs')) checkVariable(plan, item, report);
  for (const item of plan.items(...path, 'envFrom')) {
    const sources = ['configMapRef', 'secretRef'].filter((name) => plan.has(...item, name));
    if (sources.length !== 1) report('error', item, 'must have either configMapRef or secretRef');
  }
  for (const name of ['args', 'command'])
    for (const item of plan.items(...path, name)) {
      const [, option = '', value = ''] = /^--?([\w-]+)=(.*)$/s.exec(plan.text(...item) ?? '') ?? [];
      if (secretName.test(option) && value !== '' && !value.startsWith('$('))
        report('warning', item, `shows a secret to everybody who can read Plans; mount it by spec.secrets`);
    }
  const context = [...path, 'securityContext'];
  if (path.includes('upgrade') && plan.has(...context) && plan.flag(...context, 'privileged') !== true)
    report(
      'warning',
      context,
      "takes the place of the controller's own, which is privileged; without privileged: true the node can hardly be changed",
    );
}

function checkVariable(plan: PlanView, item: Path, report: Report): void {
  const name = plan.text(...item, 'name');
  if (name === '' || name?.includes('='))
    report('error', [...item, 'name'], 'must not be empty or have a = in it');
  const value = plan.text(...item, 'value') ?? '';
  const sources = plan.names(...item, 'valueFrom').filter((source) => plan.has(...item, 'valueFrom', source));
  if (plan.has(...item, 'valueFrom')) {
    if (value !== '') report('error', [...item, 'valueFrom'], 'cannot be combined with value');
    if (sources.length !== 1) report('error', [...item, 'valueFrom'], 'must name one source');
  }
  if (name !== undefined && secretName.test(name) && value !== '' && !value.startsWith('$('))
    report(
      'warning',
      [...item, 'value'],
      'shows a secret to everybody who can read Plans; write valueFrom with a secretKeyRef',
    );
}

function checkLabels(plan: PlanView, report: Report): void {
  for (const key of plan.names('spec', 'postCompleteLabels')) {
    const value = plan.text('spec', 'postCompleteLabels', key);
    const version = plan.text('spec', 'version') ?? '0';
    const filled = value
      ?.replaceAll('$(LATEST_HASH)', longestHash)
      .replaceAll('$(LATEST_VERSION)', version.replaceAll('+', '-'));
    const fault = labelKeyFault(key) ?? (filled === undefined ? undefined : labelValueFault(filled));
    if (fault !== undefined) report('error', ['spec', 'postCompleteLabels', key], fault);
  }
}

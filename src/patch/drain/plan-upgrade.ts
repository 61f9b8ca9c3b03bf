/** A Plan of the system-upgrade-controller and `opsctl patch` do not drain a node at the same time. Pure. */
import { refused } from '../../errors.ts';
import { nodeAnnotations } from '../../kubernetes/values/node-labels.ts';
import { parseUpgrading } from '../../kubernetes/values/upgrading.ts';

/**
 * Throws OpsError `plan-upgrading` (refused) while a Plan upgrades the node: who cordoned it could not be told, and the
 * end of the Plan's upgrade would uncordon it in the middle of a drain.
 */
export function requireNoPlan(node: string, annotations: Readonly<Record<string, string>>): void {
  const upgrading = parseUpgrading(annotations[nodeAnnotations.upgrading]);
  if (upgrading === undefined) return;
  const { plan, version, until } = upgrading;
  throw refused('plan-upgrading', `The Plan ${plan} is upgrading node ${node} to ${version}`, {
    details: [`it ends at ${until} at the latest`],
    hint: 'Wait until it has ended; `sudo systemctl start bos-report` looks whether it has.',
  });
}

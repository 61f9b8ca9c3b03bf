/** `opsctl rollback`: an older deployment that is still on the disk becomes what starts next, and stays. */
import { type Deployment, deploymentText, sameDeployment, variablesOf } from '../boot/deployment.ts';
import { triesVariable } from '../boot/trial.ts';
import { refused, usage } from '../errors.ts';
import { renderManifest } from '../media/manifest.ts';
import type { Plan } from '../plan/plan.ts';
import type { Step } from '../steps/index.ts';
import { isListed, type Node } from './node.ts';
import { environmentStep, linkStep, manifestStep, verifyStep } from './plan.ts';
import type { UpgradeRecord } from './record.ts';

export interface RollbackRequest {
  readonly root: string;
  /** The OS version to return to; undefined: the last deployment that proved itself. */
  readonly version?: string;
  readonly dryRun: boolean;
  readonly lockFile?: string;
}

/** Throws OpsError: (usage) `version-unknown`; (refused) `no-previous`, `deployment-incomplete`. */
export function planRollback(node: Node, { version }: Pick<RollbackRequest, 'version'>) {
  const { current, manifest, manifestText } = node;
  const deployment = chosen(node, version);
  if (sameDeployment(deployment, current) && node.tries.length === 0)
    return {
      plan: undefined,
      deployment,
      message: `Nothing to do: this node starts ${deploymentText(deployment)}.`,
    };
  if (!isListed(manifest, deployment))
    throw refused('deployment-incomplete', `Version ${deployment.os} is not whole on this disk any more`, {
      hint: '`opsctl status` lists the deployments.',
    });
  const text = renderManifest({ ...manifest, ...deployment });
  const plan: Plan<Step> = {
    ...{
      v: 1,
      operation: 'rollback',
      target: `${node.devices.state}: ${current.os} back to ${deploymentText(deployment)}`,
    },
    steps: [
      verifyStep(manifest, deployment),
      ...(text === manifestText ? [] : [manifestStep('write-manifest', manifestText, text)]),
      environmentStep('commit', node, `Boot ${deployment.os} from the next start on`, {
        ...variablesOf('current', deployment),
        ...(sameDeployment(deployment, current) ? {} : variablesOf('previous', current)),
        [triesVariable]: undefined,
      }),
      linkStep(deployment, current),
    ],
  };
  return {
    ...{ plan, deployment, message: `The next start is of ${deploymentText(deployment)}.` },
    record: returned(node, deployment),
  };
}

/** The version that was named, else the one before or the last that proved itself, and none that the node returned from. */
function chosen({ current, previous, record, manifest }: Node, version: string | undefined): Deployment {
  const whole = (one: Deployment) => isListed(manifest, one);
  const known = [...(previous === undefined ? [] : [previous]), ...record.proved.toReversed()].filter(whole);
  if (version === undefined) {
    const others = known.filter((one) => !sameDeployment(one, current));
    const found = others.find((one) => !record.returned.some((left) => sameDeployment(one, left)));
    if (found !== undefined) return found;
    const [left] = others;
    throw refused('no-previous', 'There is no other version on this disk to return to', {
      details: left === undefined ? [] : [`this node returned from ${left.os}`],
      hint:
        left === undefined
          ? '`opsctl status` lists the deployments.'
          : `To start it all the same: \`opsctl rollback ${left.os}\`.`,
    });
  }
  const found = [current, ...known].find(({ os }) => os === version);
  if (found !== undefined) return found;
  throw usage('version-unknown', `Version ${version} is not on this disk`, {
    details: [...new Set(known.map(({ os }) => os))].map((os) => `there is: ${os}`),
    hint: '`opsctl status` lists the deployments.',
  });
}

const returned =
  ({ current }: Node, to: Deployment) =>
  (record: UpgradeRecord, at: string): UpgradeRecord => ({
    ...record,
    last: { from: current, to, at, source: 'rollback', end: 'rolled-back', endedAt: at },
    returned: sameDeployment(current, to)
      ? record.returned
      : [
          ...record.returned.filter((one) => !sameDeployment(one, current) && !sameDeployment(one, to)),
          current,
        ],
  });

/** `opsctl upgrade --commit`: what was staged is read again and becomes what starts next. */
import { deploymentText, sameDeployment } from '../boot/deployment.ts';
import { refused } from '../errors.ts';
import type { Plan } from '../plan/plan.ts';
import type { Step } from '../steps/index.ts';
import { requireNoTrial } from './check.ts';
import { committedText, pending } from './committed.ts';
import { isListed, type Node } from './node.ts';
import { commitSteps, committedManifest, manifestStep, targetText, verifyStep } from './plan.ts';
import type { UpgradeRequest } from './request.ts';

/** Throws OpsError (refused): `nothing-staged`, `staged-incomplete`, `trial-pending`. */
export function planCommit(node: Node, { tries }: Pick<UpgradeRequest, 'tries'>) {
  const { staged, manifest, manifestText, current } = node;
  if (staged === undefined)
    throw refused('nothing-staged', 'Nothing is staged on this node', {
      hint: 'Stage a version first: opsctl upgrade SOURCE --stage. Without --stage it is committed at once.',
    });
  const { deployment, source } = staged;
  if (sameDeployment(deployment, current))
    return {
      plan: undefined,
      deployment,
      message: `Nothing to do: this node starts ${deploymentText(deployment)}.`,
    };
  requireNoTrial(node);
  if (!isListed(manifest, deployment))
    throw refused(
      'staged-incomplete',
      `Version ${deployment.os} was staged, but is not on the disk any more`,
      {
        hint: 'Stage it again: opsctl upgrade SOURCE --stage.',
      },
    );
  const text = committedManifest(manifest, node, deployment);
  const plan: Plan<Step> = {
    ...{ v: 1, operation: 'upgrade', target: targetText(node, deployment) },
    steps: [
      verifyStep(manifest, deployment),
      ...(text === manifestText ? [] : [manifestStep('write-manifest', manifestText, text)]),
      ...commitSteps(node, deployment, tries),
    ],
  };
  return {
    ...{ plan, deployment, message: committedText(node, deployment, tries) },
    record: pending(node, deployment, source),
  };
}

/** `opsctl upgrade --commit`: what was staged is read again and becomes what starts next. */
import { deploymentText, foldersOf, sameDeployment } from '../boot/deployment.ts';
import { refused } from '../errors.ts';
import type { Host } from '../host/ports.ts';
import type { Plan } from '../plan/plan.ts';
import type { Step } from '../steps/index.ts';
import { requireNoTrial } from './check.ts';
import { committedText, pending } from './committed.ts';
import type { Node } from './node.ts';
import { commitSteps, committedManifest, manifestStep, upgradeRefs } from './plan.ts';
import type { UpgradeRequest } from './request.ts';

/** Throws OpsError (refused): `nothing-staged`, `staged-incomplete`, `trial-pending`. */
export async function planCommit(_host: Host, node: Node, { tries }: UpgradeRequest) {
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
  const folders = foldersOf(deployment);
  const files = folders.map((folder) => manifest.files.filter(({ path }) => path.startsWith(`${folder}/`)));
  if (files.some((found) => found.length === 0))
    throw refused(
      'staged-incomplete',
      `Version ${deployment.os} was staged, but is not on the disk any more`,
      {
        hint: 'Stage it again: opsctl upgrade SOURCE --stage.',
      },
    );
  const text = committedManifest(manifest, node, deployment);
  const plan: Plan<Step> = {
    ...{
      v: 1,
      operation: 'upgrade',
      target: `${node.devices.state}: ${current.os} to ${deploymentText(deployment)}`,
    },
    steps: [
      { id: 'verify-system', kind: 'verify-files', at: upgradeRefs.state, files: files.flat() },
      ...(text === manifestText ? [] : [manifestStep('write-manifest', manifestText, text)]),
      ...commitSteps(node, deployment, tries),
    ],
  };
  return {
    ...{ plan, deployment, message: committedText(node, deployment, tries) },
    record: pending(node, deployment, source),
  };
}

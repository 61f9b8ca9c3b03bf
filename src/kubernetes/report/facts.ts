/** What a node has to say of itself, from what lies on it. */

import { type BootFacts, readBootFacts } from '../../boot/boot-facts.ts';
import type { Deployment } from '../../boot/deployment.ts';
import { sameDeployment } from '../../boot/deployment.ts';
import type { Host } from '../../host/ports.ts';
import { type Node, readNode } from '../../upgrade/node.ts';
import { statusOf } from '../../upgrade/status.ts';
import { type Health, nodeAnnotations, ownLabels } from '../values/node-labels.ts';

export interface Facts {
  readonly labels: Readonly<Record<string, string>>;
  /** null: the annotation must not be there. */
  readonly annotations: Readonly<Record<string, string | null>>;
  /** Undefined in a live system. */
  readonly node: Known | undefined;
}

/** What of a node decides about events and cordons. */
export type Known = Pick<Node, 'running' | 'current' | 'tries' | 'countsBoots' | 'record'>;

/** Throws `not-bhojpur-os` (refused) and, on an installed system, what `readNode` does. */
export async function readFacts(host: Host, root: string): Promise<Facts> {
  const boot = await readBootFacts(host, root);
  return factsOf(boot, boot.state === '' ? undefined : await readNode(host, root));
}

/** Pure. */
export function factsOf(boot: Pick<BootFacts, 'mode' | 'os'>, node: Node | undefined): Facts {
  const labels = ownLabels(boot);
  if (node === undefined) return { labels, annotations: {}, node };
  const { lastAppliedPatchTime = null, patchedVersion = null, last } = statusOf(node);
  const { running } = node;
  return {
    labels,
    annotations: {
      [nodeAnnotations.deployment]: deploymentJson(running),
      [nodeAnnotations.health]: healthOf(node),
      [nodeAnnotations.lastUpgrade]:
        last === undefined
          ? null
          : JSON.stringify({
              ...{ from: last.from.os, to: last.to.os, at: last.at, end: last.end },
              ...(last.endedAt === undefined ? {} : { endedAt: last.endedAt }),
              ...(last.reason === undefined ? {} : { reason: last.reason }),
            }),
      [nodeAnnotations.lastPatchTime]: lastAppliedPatchTime,
      [nodeAnnotations.patchedVersion]: patchedVersion,
    },
    node,
  };
}

const deploymentJson = ({ kernel, os, dcp }: Deployment): string => JSON.stringify({ kernel, os, dcp });

/** How the deployment that runs stands. Pure. */
export function healthOf({ running, record, countsBoots }: Omit<Known, 'current' | 'tries'>): Health {
  const { last, proved } = record;
  if (last?.end === 'returned' && sameDeployment(last.from, running)) return 'returned';
  if (last?.end === 'pending' && sameDeployment(last.to, running)) return countsBoots ? 'trial' : 'uncounted';
  return proved.some((one) => sameDeployment(one, running)) ? 'proved' : 'installed';
}

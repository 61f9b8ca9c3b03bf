/** `opsctl upgrade --boot-loader`, and what a version does once it has proved itself. */

import { sameDeployment } from '../../boot/deployment.ts';
import { probeMachine } from '../../disk/probe/probe.ts';
import { refused } from '../../errors.ts';
import type { Host } from '../../host/ports.ts';
import { readBootAssets, readPartitionAssets } from '../../install/medium/live.ts';
import type { Node } from '../node.ts';
import {
  type ChangeRequest,
  changeNode,
  type Planned,
  type UpgradeOptions,
  type UpgradeResult,
} from '../run.ts';
import { recordLoader } from './due.ts';
import { loaderPlaces } from './places.ts';
import { planLoader } from './plan.ts';

/**
 * Brings the boot loader to that of the system that runs. Throws OpsError (refused): `loader-on-trial`,
 * `loader-not-current`, `boot-asset-missing`, `state-missing`; and what executing does.
 */
export async function updateLoader(
  host: Host,
  request: Pick<ChangeRequest, 'dryRun' | 'lockFile'>,
  options: UpgradeOptions,
  /** For tests. */
  planned: (host: Host, node: Node) => Promise<Planned> = plannedLoader,
): Promise<UpgradeResult> {
  const root = '/';
  const done = await changeNode(host, { ...request, root, anyDatastore: true }, options, planned);
  if (!request.dryRun) await recordLoader(host, root, { os: done.deployment.os, end: 'updated' });
  return done;
}

async function plannedLoader(host: Host, node: Node): Promise<Planned> {
  const { current, running, tries, devices } = node;
  if (tries.length > 0)
    throw refused('loader-on-trial', `Bhojpur OS ${current.os} has not proved itself yet`, {
      hint: 'The boot loader follows by itself when it has.',
    });
  if (!sameDeployment(current, running))
    throw refused(
      'loader-not-current',
      `This node runs ${running.os}, but starts ${current.os} the next time`,
      {
        hint: 'Restart it, and run the command again.',
      },
    );
  const facts = await probeMachine(host);
  const assets = { ...(await readBootAssets(host)), ...(await readPartitionAssets(host)) };
  const plan = await planLoader(host, facts, assets, await loaderPlaces(host, facts, devices.state));
  return {
    plan,
    deployment: current,
    message:
      plan === undefined
        ? `Nothing to do: the boot loader is that of ${current.os}.`
        : `The boot loader is that of ${current.os} now.`,
  };
}
